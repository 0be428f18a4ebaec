using Transfuse.Formats.Tensors.Buffers;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>A tensor each of whose elements depends on the one element of the source at the same place.</summary>
internal abstract class ElementwiseTensor : LazyTensor, ISelectThrough
{
    protected ElementwiseTensor(LazyTensor source, DType dtype)
        : base(dtype, source.Shape) => Source = source;

    /// <inheritdoc />
    public sealed override bool SupportsRanges => Source.SupportsRanges;

    /// <summary>The tensor that is computed on.</summary>
    protected LazyTensor Source { get; }

    private int ElementBytes => DType.BitSize() / 8;

    private int SourceElementBytes => Source.DType.BitSize() / 8;

    /// <inheritdoc />
    public sealed override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        this.RequireRange(offset, destination.Length);
        long first = offset / ElementBytes;
        long end = (offset + destination.Length + ElementBytes - 1) / ElementBytes;
        if ((end - first) * ElementBytes == destination.Length)
        {
            Fill(first, destination, cancellationToken);
            return;
        }

        using PooledBuffer whole = PooledBuffer.Rent((end - first) * ElementBytes);
        Fill(first, whole.Span, cancellationToken);
        whole.Span.Slice((int)(offset - (first * ElementBytes)), destination.Length).CopyTo(destination);
    }

    /// <inheritdoc />
    public abstract LazyTensor? Select(int axis, AxisSelection selection);

    /// <inheritdoc />
    protected sealed override void Produce(Span<byte> destination, CancellationToken cancellationToken) => Fill(0, destination, cancellationToken);

    /// <summary>Computes elements. Where both types have the same size, source and destination may be the same memory.</summary>
    /// <param name="source">Elements of the source.</param>
    /// <param name="destination">As many elements of the result.</param>
    /// <param name="first">Which element of the tensor comes first.</param>
    protected abstract void Apply(ReadOnlySpan<byte> source, Span<byte> destination, long first);

    private void Fill(long first, Span<byte> destination, CancellationToken cancellationToken)
    {
        if (SourceElementBytes == ElementBytes)
        {
            FillInPlace(first, destination, cancellationToken);
            return;
        }

        long count = destination.Length / ElementBytes;
        using var chunks = new TensorChunks(Source, first * SourceElementBytes, count * SourceElementBytes, cancellationToken);
        while (chunks.MoveNext())
        {
            int elements = chunks.Current.Length / SourceElementBytes;
            Apply(chunks.Current, destination[..(elements * ElementBytes)], chunks.Offset / SourceElementBytes);
            destination = destination[(elements * ElementBytes)..];
        }
    }

    private void FillInPlace(long first, Span<byte> destination, CancellationToken cancellationToken)
    {
        if (!Source.SupportsRanges)
        {
            Source.CopyTo(destination, cancellationToken);
            Apply(destination, destination, first);
            return;
        }

        for (long offset = first * ElementBytes; !destination.IsEmpty;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> piece = destination[..Math.Min(destination.Length, TensorChunks.ChunkBytes)];
            Source.ReadRange(offset, piece, cancellationToken);
            Apply(piece, piece, offset / ElementBytes);
            offset += piece.Length;
            destination = destination[piece.Length..];
        }
    }
}
