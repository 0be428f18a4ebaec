using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Tensors.Support;

/// <summary>Counts the bytes that are asked of its source, and can fail or cancel in the middle.</summary>
internal sealed class CountingTensor(LazyTensor source, bool ranges) : LazyTensor(source.DType, source.Shape)
{
    private long _bytesRead;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>The most bytes that were asked for at once.</summary>
    public long LargestRead { get; private set; }

    public long FailAfter { get; init; } = long.MaxValue;

    public CancellationTokenSource? CancelInstead { get; init; }

    public override bool SupportsRanges => ranges;

    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        Assert.True(ranges);
        LargestRead = Math.Max(LargestRead, destination.Length);
        Count(destination.Length, cancellationToken);
        source.ReadRange(offset, destination, cancellationToken);
    }

    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken)
    {
        Count(destination.Length, cancellationToken);
        source.CopyTo(destination, cancellationToken);
    }

    private void Count(int bytes, CancellationToken cancellationToken)
    {
        if (Interlocked.Add(ref _bytesRead, bytes) < FailAfter)
        {
            return;
        }

        if (CancelInstead is null)
        {
            throw new IOException("The disk is gone.");
        }

        CancelInstead.Cancel();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
