namespace Transfuse.Formats.Files;

/// <summary>Bytes in memory.</summary>
/// <param name="name">What to call them in messages.</param>
/// <param name="bytes">The bytes; they must not change afterwards.</param>
internal sealed class MemoryByteSource(string name, ReadOnlyMemory<byte> bytes) : IByteSource
{
    private bool _disposed;

    /// <inheritdoc />
    public string Name => name;

    /// <inheritdoc />
    public long Length => bytes.Length;

    /// <inheritdoc />
    public void Read(long position, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        if (position > bytes.Length - destination.Length)
        {
            throw new EndOfStreamException($"{name} has {bytes.Length} bytes; {destination.Length} were wanted at {position}.");
        }

        bytes.Span.Slice((int)position, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc />
    public void Dispose() => _disposed = true;
}
