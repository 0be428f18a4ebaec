using Microsoft.Win32.SafeHandles;

namespace Transfuse.Formats.Files;

/// <summary>A new file, written by position.</summary>
internal sealed class FileByteSink : IByteSink
{
    /// <summary>All that users may do, without the bits that let a file run as another user.</summary>
    internal const UnixFileMode Everyone = (UnixFileMode)0x1FF;

    private readonly FileStream _file;
    private readonly SafeFileHandle _handle;

    /// <summary>Creates the file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="permissions">What its users may, less the process's mask; <see langword="null"/> for all but the mask's. Windows has no such
    /// permissions.</param>
    /// <exception cref="IOException">The file exists, or the operating system failed.</exception>
    public FileByteSink(string path, UnixFileMode? permissions = null)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0 };
        if (permissions is { } mode && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode & Everyone;
        }

        _file = new FileStream(path, options);
        _handle = _file.SafeFileHandle;
    }

    /// <inheritdoc />
    public void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch (ArgumentOutOfRangeException) when (length >= 0)
        {
            // What is more than the file system takes in one file, as FAT does from 4 GiB on, or than the process may write.
            throw new IOException($"'{_file.Name}' would have {length} bytes, which is more than a file may have there.");
        }
    }

    /// <inheritdoc />
    public void Write(long position, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_handle, bytes, position);

    /// <summary>Forces the contents to the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_handle);

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();
}
