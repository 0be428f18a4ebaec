using Microsoft.Win32.SafeHandles;

namespace Transfuse.Formats.Files;

/// <summary>A new file, written by position.</summary>
public sealed class FileByteSink : IByteSink
{
    private readonly SafeFileHandle _handle;

    /// <summary>Creates the file.</summary>
    /// <exception cref="IOException">The file exists, or the operating system failed.</exception>
    public FileByteSink(string path) =>
        _handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);

    /// <inheritdoc />
    public void SetLength(long length) => RandomAccess.SetLength(_handle, length);

    /// <inheritdoc />
    public void Write(long position, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_handle, bytes, position);

    /// <summary>Forces the contents to the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_handle);

    /// <inheritdoc />
    public void Dispose() => _handle.Dispose();
}
