namespace Transfuse.Formats.Files;

/// <summary>Bytes that are written by position. Safe for concurrent writes to disjoint ranges.</summary>
/// <seealso cref="Transfuse.Formats.Safetensors.SafetensorsWriter" />
public interface IByteSink : IDisposable
{
    /// <summary>Fixes the final length before anything is written, so that a full disk shows early.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    void SetLength(long length);

    /// <summary>Writes bytes at a position.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    void Write(long position, ReadOnlySpan<byte> bytes);
}
