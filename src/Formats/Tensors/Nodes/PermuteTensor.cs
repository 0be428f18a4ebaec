using System.Collections.Immutable;
using Transfuse.Formats.Tensors.Buffers;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Another tensor with its axes in another order, where that moves bytes.</summary>
internal sealed class PermuteTensor : LazyTensor, ISelectThrough
{
    // A piece and the place it goes to fit into a second-level cache together.
    private const int PieceBytes = 1 << 20;

    private readonly PermutePlan _plan;

    public PermuteTensor(LazyTensor source, TensorShape shape, ImmutableArray<int> order, PermutePlan plan)
        : base(source.DType, shape)
    {
        Source = source;
        Order = order;
        _plan = plan;
    }

    /// <summary>The tensor whose axes are reordered.</summary>
    public LazyTensor Source { get; }

    /// <summary>For each axis of this tensor, the axis of the source.</summary>
    public ImmutableArray<int> Order { get; }

    /// <inheritdoc />
    public LazyTensor Select(int axis, AxisSelection selection) => Source.Select(Order[axis], selection).Permute(Order.AsSpan());

    /// <inheritdoc />
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken)
    {
        if (Source.TryView(out ReadOnlySpan<byte> bytes))
        {
            _plan.Run(bytes, destination, 0, cancellationToken);
            return;
        }

        long countAtOnce = Source.SupportsRanges ? _plan.OuterCountFor(PieceBytes) : _plan.OuterCount;
        using PooledBuffer buffer = PooledBuffer.Rent(countAtOnce * _plan.OuterBytes);
        for (long first = 0; first < _plan.OuterCount; first += countAtOnce)
        {
            Span<byte> piece = buffer.Span[..(int)(Math.Min(countAtOnce, _plan.OuterCount - first) * _plan.OuterBytes)];
            if (Source.SupportsRanges)
            {
                Source.ReadRange(first * _plan.OuterBytes, piece, cancellationToken);
            }
            else
            {
                Source.CopyTo(piece, cancellationToken);
            }

            _plan.Run(piece, destination, first, cancellationToken);
        }
    }
}
