using System.Collections.Immutable;
using Transfuse.Formats.Tensors.Buffers;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Another tensor with its axes in another order, where that moves bytes.</summary>
internal sealed class PermuteTensor : LazyTensor, ISelectThrough
{
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
        if (_plan.PartBytes > 0 && Source.SupportsRanges)
        {
            ProduceInParts(destination, cancellationToken);
            return;
        }

        using PooledBuffer whole = PooledBuffer.Rent(ByteLength);
        Source.CopyTo(whole.Span, cancellationToken);
        _plan.Run(whole.Span, destination, cancellationToken);
    }

    private void ProduceInParts(Span<byte> destination, CancellationToken cancellationToken)
    {
        long partsAtOnce = Math.Max(1, TensorChunks.ChunkBytes / _plan.PartBytes);
        long bytesAtOnce = Math.Min(destination.Length, partsAtOnce * _plan.PartBytes);
        using PooledBuffer buffer = PooledBuffer.Rent(bytesAtOnce);
        for (long offset = 0; !destination.IsEmpty;)
        {
            Span<byte> parts = buffer.Span[..(int)Math.Min(bytesAtOnce, destination.Length)];
            Source.ReadRange(offset, parts, cancellationToken);
            _plan.Run(parts, destination, cancellationToken);
            offset += parts.Length;
            destination = destination[parts.Length..];
        }
    }
}
