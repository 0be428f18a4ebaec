using Transfuse.Formats.Tensors.Buffers;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>A tensor each of whose elements depends on the one element of the source at the same place.</summary>
internal abstract class ElementwiseTensor : LazyTensor, ISelectThrough
{
    private const int BlockElements = 2048;

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
        if (SourceElementBytes != ElementBytes)
        {
            long count = destination.Length / ElementBytes;
            using var chunks = new TensorChunks(Source, first * SourceElementBytes, count * SourceElementBytes, cancellationToken);
            while (chunks.MoveNext())
            {
                int bytes = chunks.Current.Length / SourceElementBytes * ElementBytes;
                ApplyInBlocks(chunks.Current, destination[..bytes], chunks.Offset / SourceElementBytes, cancellationToken);
                destination = destination[bytes..];
            }
        }
        else if (Source.SupportsRanges)
        {
            for (long offset = first * ElementBytes; !destination.IsEmpty;)
            {
                Span<byte> chunk = destination[..Math.Min(destination.Length, TensorChunks.ChunkBytes)];
                Source.ReadRange(offset, chunk, cancellationToken);
                ApplyInBlocks(chunk, chunk, offset / ElementBytes, cancellationToken);
                offset += chunk.Length;
                destination = destination[chunk.Length..];
            }
        }
        else
        {
            Source.CopyTo(destination, cancellationToken);
            ApplyInBlocks(destination, destination, first, cancellationToken);
        }
    }

    // Conversion and arithmetic are separate passes, so they go over blocks that stay in the first-level cache.
    private void ApplyInBlocks(ReadOnlySpan<byte> source, Span<byte> destination, long first, CancellationToken cancellationToken)
    {
        while (!destination.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(BlockElements, destination.Length / ElementBytes);
            Apply(source[..(count * SourceElementBytes)], destination[..(count * ElementBytes)], first);
            source = source[(count * SourceElementBytes)..];
            destination = destination[(count * ElementBytes)..];
            first += count;
        }
    }
}
