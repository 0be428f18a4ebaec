using Transfuse.Formats.Tensors.Buffers;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Some positions of one axis, where they are not consecutive bytes of the source.</summary>
internal sealed class SelectTensor : LazyTensor
{
    // From this size on, a read of each run costs less than reading what lies between.
    private const long DirectReadBytes = 4096;

    private const long PieceBytes = 1 << 20;

    private readonly LazyTensor _source;
    private readonly AxisSelection _selection;
    private readonly long _outerCount;
    private readonly long _outerBytes;
    private readonly long _innerBytes;

    public SelectTensor(LazyTensor source, int axis, AxisSelection selection)
        : base(source.DType, source.Shape.WithExtent(axis, selection.Count))
    {
        _source = source;
        _selection = selection;
        _outerCount = source.Shape.CountBefore(axis);
        _innerBytes = source.BytesAfter(axis);
        _outerBytes = source.Shape[axis] * _innerBytes;
    }

    /// <inheritdoc />
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken)
    {
        if (_source.SupportsRanges && _innerBytes * ShortestRun() >= DirectReadBytes)
        {
            ReadRuns(destination, cancellationToken);
            return;
        }

        // What is computed is held as a whole; what lies in a file is read in pieces.
        long outerAtOnce = _source.SupportsRanges ? Math.Clamp(PieceBytes / _outerBytes, 1, _outerCount) : _outerCount;
        using PooledBuffer buffer = PooledBuffer.Rent(outerAtOnce * _outerBytes);
        int selectedBytes = checked((int)(_selection.Count * _innerBytes));
        for (long outer = 0; outer < _outerCount; outer++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long within = outer % outerAtOnce;
            if (within == 0)
            {
                Fill(buffer.Span[..(int)(Math.Min(outerAtOnce, _outerCount - outer) * _outerBytes)], outer * _outerBytes, cancellationToken);
            }

            CopySelected(buffer.Span.Slice((int)(within * _outerBytes), (int)_outerBytes), destination.Slice((int)(outer * selectedBytes), selectedBytes));
        }
    }

    private void Fill(Span<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        if (_source.SupportsRanges)
        {
            _source.ReadRange(offset, buffer, cancellationToken);
        }
        else
        {
            _source.CopyTo(buffer, cancellationToken);
        }
    }

    private long ShortestRun()
    {
        long shortest = _selection.Count;
        for (long i = 0; i < _selection.Count && shortest > 1;)
        {
            long run = _selection.RunLength(i);
            shortest = Math.Min(shortest, run);
            i += run;
        }

        return shortest;
    }

    private void ReadRuns(Span<byte> destination, CancellationToken cancellationToken)
    {
        for (long outer = 0; outer < _outerCount; outer++)
        {
            for (long i = 0; i < _selection.Count;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long run = _selection.RunLength(i);
                int bytes = (int)(run * _innerBytes);
                _source.ReadRange((outer * _outerBytes) + (_selection[i] * _innerBytes), destination[..bytes], cancellationToken);
                destination = destination[bytes..];
                i += run;
            }
        }
    }

    private void CopySelected(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int inner = (int)_innerBytes;
        if (_selection.Step > 0)
        {
            int start = (int)_selection[0] * inner;
            StridedCopy.Run(source[start..], (int)_selection.Step * inner, destination, inner, inner, (int)_selection.Count);
            return;
        }

        for (long i = 0; i < _selection.Count;)
        {
            long run = _selection.RunLength(i);
            source.Slice((int)_selection[i] * inner, (int)run * inner).CopyTo(destination[((int)i * inner)..]);
            i += run;
        }
    }
}
