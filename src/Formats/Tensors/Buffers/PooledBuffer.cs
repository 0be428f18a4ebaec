using System.Buffers;

namespace Transfuse.Formats.Tensors.Buffers;

/// <summary>
/// A rented buffer that goes back to the shared pool when it is disposed, also when the work on it failed. Its content is arbitrary at first.
/// </summary>
internal ref struct PooledBuffer : IDisposable
{
    private readonly int _length;
    private byte[]? _array;

    private PooledBuffer(byte[] array, int length)
    {
        _array = array;
        _length = length;
    }

    /// <summary>The rented bytes, exactly as many as were asked for.</summary>
    public readonly Span<byte> Span => _array.AsSpan(0, _length);

    /// <summary>Rents a buffer.</summary>
    /// <exception cref="TensorTooLargeException">An array cannot have that many bytes.</exception>
    public static PooledBuffer Rent(long length)
    {
        if (length > Array.MaxLength)
        {
            throw new TensorTooLargeException(length);
        }

        return new PooledBuffer(ArrayPool<byte>.Shared.Rent((int)length), (int)length);
    }

    /// <summary>Returns the buffer; once.</summary>
    public void Dispose()
    {
        byte[]? array = _array;
        _array = null;
        if (array is not null)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
