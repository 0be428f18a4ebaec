using Microsoft.Win32.SafeHandles;
using Transfuse.Formats.Files.Native;

namespace Transfuse.Formats.Files;

/// <summary>A file, read by position and never mapped: truncation under a map would kill the process.</summary>
internal sealed class FileByteSource : IByteSource
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

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="FileKindException">It is a folder, FIFO, socket or device; nothing was read.</exception>
    /// <exception cref="IOException">The operating system failed, or the file has more than an array takes.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static byte[] ReadAll(string path)
    {
        using var file = new FileByteSource(path);
        byte[] bytes = file.Length <= Array.MaxLength
            ? new byte[file.Length]
            : throw new IOException($"'{path}' has {file.Length} bytes, which is too large to be read at once.");
        file.Read(0, bytes);
        return bytes;
    }

    /// <inheritdoc />
    public long Length { get; }

    /// <summary>When what it holds was last changed, in UTC, as the file system says now.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    public DateTime Modified => File.GetLastWriteTimeUtc(_handle);

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
