namespace Transfuse.Formats.Tensors.Buffers;

/// <summary>
/// Reads a tensor front to back through one rented buffer: in pieces where it serves ranges, at once where it does not.
/// Pieces begin and end at multiples of 8 bytes from the first byte, so no element of 1, 2, 4 or 8 bytes is cut.
/// </summary>
internal ref struct TensorChunks : IDisposable
{
    /// <summary>Bytes of one piece: large against the cost of a read, small against a second-level cache.</summary>
    public const int ChunkBytes = 1 << 18;

    private readonly LazyTensor _tensor;
    private readonly CancellationToken _cancellationToken;
    private readonly long _end;
    private PooledBuffer _buffer;
    private long _next;
    private int _length;

    public TensorChunks(LazyTensor tensor, CancellationToken cancellationToken)
        : this(tensor, 0, tensor.ByteLength, cancellationToken)
    {
    }

    /// <summary>Reads a part, which is the whole unless the tensor serves ranges.</summary>
    public TensorChunks(LazyTensor tensor, long offset, long length, CancellationToken cancellationToken)
    {
        _tensor = tensor;
        _cancellationToken = cancellationToken;
        _next = offset;
        _end = offset + length;
        _buffer = PooledBuffer.Rent(tensor.SupportsRanges ? Math.Min(length, ChunkBytes) : length);
    }

    /// <summary>The bytes of the current piece; they may be overwritten.</summary>
    public readonly Span<byte> Current => _buffer.Span[.._length];

    /// <summary>Where in the tensor the current piece begins.</summary>
    public readonly long Offset => _next - _length;

    /// <summary>Reads the next piece.</summary>
    /// <returns>Whether there was one; it is not empty.</returns>
    public bool MoveNext()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (_next == _end)
        {
            return false;
        }

        _length = (int)Math.Min(_buffer.Span.Length, _end - _next);
        if (_tensor.SupportsRanges)
        {
            _tensor.ReadRange(_next, Current, _cancellationToken);
        }
        else
        {
            _tensor.CopyTo(Current, _cancellationToken);
        }

        _next += _length;
        return true;
    }

    /// <summary>Returns the buffer.</summary>
    public void Dispose() => _buffer.Dispose();
}
