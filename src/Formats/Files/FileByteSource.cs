using Microsoft.Win32.SafeHandles;
using Transfuse.Formats.Files.Native;

namespace Transfuse.Formats.Files;

/// <summary>A file, read by position and never mapped: truncation under a map would kill the process.</summary>
public sealed class FileByteSource : IByteSource
{
    private readonly SafeFileHandle _handle;

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="FileKindException">It is a folder, FIFO, socket or device; nothing was read.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public FileByteSource(string path)
    {
        Name = path;
        _handle = RegularFile.OpenToRead(path);
        Length = RandomAccess.GetLength(_handle);
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public long Length { get; }

    /// <inheritdoc />
    public void Read(long position, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_handle, destination, position);
            if (read == 0)
            {
                throw new EndOfStreamException($"{Name} ended at {position}; {destination.Length} more bytes were expected.");
            }

            destination = destination[read..];
            position += read;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _handle.Dispose();
}
