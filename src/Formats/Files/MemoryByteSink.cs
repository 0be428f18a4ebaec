namespace Transfuse.Formats.Files;

/// <summary>Bytes in memory; at most 2 GiB.</summary>
internal sealed class MemoryByteSink : IByteSink
{
    private byte[] _bytes = [];

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <inheritdoc />
    public void SetLength(long length) => Array.Resize(ref _bytes, checked((int)length));

    /// <inheritdoc />
    public void Write(long position, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes.AsSpan(checked((int)position)));

    /// <inheritdoc />
    public void Dispose()
    {
    }
}
