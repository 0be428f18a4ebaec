using System.Collections.Immutable;
using Transfuse.Formats.Tensors.Buffers;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Tensors joined along one axis; no extent is 0.</summary>
internal sealed class ConcatTensor : LazyTensor, ISelectThrough
{
    private readonly ImmutableArray<LazyTensor> _parts;
    private readonly int _axis;
    private readonly long _outerCount;

    public ConcatTensor(TensorShape shape, int axis, ImmutableArray<LazyTensor> parts)
        : base(parts[0].DType, shape)
    {
        _parts = parts;
        _axis = axis;
        _outerCount = shape.CountBefore(axis);
        SupportsRanges = _outerCount == 1 && parts.All(part => part.SupportsRanges);
    }

    /// <inheritdoc />
    public override bool SupportsRanges { get; }

    /// <inheritdoc />
    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        this.RequireRange(offset, destination.Length);
        foreach (LazyTensor part in _parts)
        {
            if (offset < part.ByteLength)
            {
                int length = (int)Math.Min(destination.Length, part.ByteLength - offset);
                part.ReadRange(offset, destination[..length], cancellationToken);
                destination = destination[length..];
            }

            if (destination.IsEmpty)
            {
                return;
            }

            offset = Math.Max(0, offset - part.ByteLength);
        }
    }

    /// <inheritdoc />
    public LazyTensor? Select(int axis, AxisSelection selection)
    {
        if (axis != _axis)
        {
            return LazyTensorOperations.Concat(_axis, [.. _parts.Select(part => part.Select(axis, selection))]);
        }

        return selection.IsContiguous ? SelectConsecutive(selection[0], selection.Count) : null;
    }

    /// <inheritdoc />
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken)
    {
        int rowBytes = (int)(ByteLength / _outerCount);
        int column = 0;
        foreach (LazyTensor part in _parts)
        {
            int blockBytes = (int)(part.ByteLength / _outerCount);
            if (_outerCount == 1)
            {
                part.CopyTo(destination.Slice(column, blockBytes), cancellationToken);
            }
            else
            {
                Scatter(part, blockBytes, destination[column..], rowBytes, cancellationToken);
            }

            column += blockBytes;
        }
    }

    private LazyTensor SelectConsecutive(long start, long count)
    {
        var selected = new List<LazyTensor>();
        foreach (LazyTensor part in _parts)
        {
            long extent = part.Shape[_axis];
            long first = Math.Clamp(start, 0, extent);
            long last = Math.Clamp(start + count, 0, extent);
            selected.Add(part.Slice(_axis, first, last - first));
            start -= extent;
        }

        return LazyTensorOperations.Concat(_axis, [.. selected]);
    }

    private static void Scatter(LazyTensor part, int blockBytes, Span<byte> destination, int rowBytes, CancellationToken cancellationToken)
    {
        using var chunks = new TensorChunks(part, cancellationToken);
        while (chunks.MoveNext())
        {
            ReadOnlySpan<byte> bytes = chunks.Current;
            for (long offset = chunks.Offset; !bytes.IsEmpty;)
            {
                (int row, int within) = Math.DivRem((int)offset, blockBytes);
                Span<byte> to = destination[((row * rowBytes) + within)..];
                int whole = within == 0 ? bytes.Length / blockBytes : 0;
                int length = whole > 0 ? whole * blockBytes : Math.Min(bytes.Length, blockBytes - within);
                if (whole > 0)
                {
                    StridedCopy.Run(bytes, blockBytes, to, rowBytes, blockBytes, whole);
                }
                else
                {
                    bytes[..length].CopyTo(to);
                }

                bytes = bytes[length..];
                offset += length;
            }
        }
    }
}
