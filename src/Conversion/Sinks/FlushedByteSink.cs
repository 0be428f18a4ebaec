using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>A file that has reached the disk when it is closed.</summary>
internal sealed class FlushedByteSink(FileByteSink file) : IByteSink
{
    public void SetLength(long length) => file.SetLength(length);

    public void Write(long position, ReadOnlySpan<byte> bytes) => file.Write(position, bytes);

    public void Dispose()
    {
        file.Flush();
        file.Dispose();
    }
}
