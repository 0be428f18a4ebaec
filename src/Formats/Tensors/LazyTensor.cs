namespace Transfuse.Formats.Tensors;

/// <summary>
/// A tensor whose type and shape are known and whose bytes are produced on demand: little-endian, row-major, without gaps.
/// Instances are immutable and safe for concurrent use. Two references to one instance are one tensor: sharing is decided by identity.
/// </summary>
/// <example>
/// <code>
/// LazyTensor factor = adapter.Modules[0].A;               // no value is read yet
/// byte[] bytes = new byte[factor.ByteLength];
/// factor.CopyTo(bytes, cancellationToken);
/// </code>
/// </example>
public abstract class LazyTensor
{
    /// <summary>Fixes type and shape.</summary>
    /// <exception cref="OverflowException">The size in bytes does not fit a signed 64-bit integer.</exception>
    protected LazyTensor(DType dtype, TensorShape shape)
    {
        DType = dtype;
        Shape = shape;
        ByteLength = checked((long)(((Int128)shape.ElementCount * dtype.BitSize() + 7) / 8));
    }

    /// <summary>Element type.</summary>
    public DType DType { get; }

    /// <summary>Extents, row-major.</summary>
    public TensorShape Shape { get; }

    /// <summary>Size of all elements in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>
    /// Whether <see cref="ReadRange"/> serves any range of bytes as cheaply as the whole; true for tensors that lie contiguously in a file or in memory.
    /// </summary>
    public virtual bool SupportsRanges => false;

    /// <summary>Produces all elements.</summary>
    /// <param name="destination">Exactly <see cref="ByteLength"/> bytes.</param>
    /// <param name="cancellationToken">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void CopyTo(Span<byte> destination, CancellationToken cancellationToken = default)
    {
        if (destination.Length != ByteLength)
        {
            throw new ArgumentException($"The destination has {destination.Length} bytes; the tensor has {ByteLength}.", nameof(destination));
        }

        cancellationToken.ThrowIfCancellationRequested();
        Produce(destination, cancellationToken);
    }

    /// <summary>Produces a range of bytes; only where <see cref="SupportsRanges"/>.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Filled completely.</param>
    /// <param name="cancellationToken">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="NotSupportedException">The tensor is computed as a whole.</exception>
    public virtual void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("This tensor is computed as a whole.");

    /// <summary>All bytes where they lie, where they lie in memory already; they may be looked at until what holds them is disposed.</summary>
    internal virtual bool TryView(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        return false;
    }

    /// <summary>Fills the destination, which has exactly <see cref="ByteLength"/> bytes.</summary>
    protected abstract void Produce(Span<byte> destination, CancellationToken cancellationToken);
}
