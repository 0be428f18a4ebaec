using Transfuse.Formats.Files;

namespace Transfuse.Formats.Tests.Safetensors;

/// <summary>Keeps what is written, and refuses bytes outside the announced length or written twice.</summary>
internal sealed class MemoryByteSink : IByteSink
{
    private readonly Lock _lock = new();
    private bool[] _written = [];

    public byte[] Bytes { get; private set; } = [];

    public int Writes { get; private set; }

    public void SetLength(long length)
    {
        Bytes = new byte[length];
        _written = new bool[length];
    }

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            Writes++;
            Span<bool> marks = _written.AsSpan((int)position, bytes.Length);
            Assert.False(marks.Contains(true), $"bytes at {position} are written twice");
            marks.Fill(true);
            bytes.CopyTo(Bytes.AsSpan((int)position));
        }
    }

    /// <summary>The bytes, all of which must have been written.</summary>
    public byte[] Complete()
    {
        Assert.False(_written.AsSpan().Contains(false), "not every byte was written");
        return Bytes;
    }

    public void Dispose()
    {
    }
}
