namespace Transfuse.Formats.Files;

/// <summary>Bytes that are read by position: a file, or memory. Safe for concurrent reads.</summary>
/// <seealso cref="Transfuse.Formats.Safetensors.SafetensorsFile" />
public interface IByteSource : IDisposable
{
    /// <summary>What to call it in messages: a file's path.</summary>
    string Name { get; }

    /// <summary>Number of bytes when it was opened.</summary>
    long Length { get; }

    /// <summary>Fills the destination from the given position.</summary>
    /// <exception cref="EndOfStreamException">The source ends earlier, for example because a file was truncated meanwhile.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="ObjectDisposedException">The source was disposed.</exception>
    void Read(long position, Span<byte> destination);
}
