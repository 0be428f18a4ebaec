using Transfuse.Formats.Files;

namespace Transfuse.Formats.Zip;

/// <summary>A range of a source, read once from its beginning; does not own the source.</summary>
internal sealed class ByteSourceStream(IByteSource source, long position, long length) : Stream
{
    private long _remaining = length;
    private long _position = position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, _remaining);
        source.Read(_position, buffer[..count]);
        _position += count;
        _remaining -= count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
