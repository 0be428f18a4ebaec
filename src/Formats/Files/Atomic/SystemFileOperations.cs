using Microsoft.Win32.SafeHandles;

namespace Transfuse.Formats.Files.Atomic;

/// <summary>The operating system's own.</summary>
internal sealed class SystemFileOperations : IFileOperations
{
    /// <summary>The only instance.</summary>
    public static SystemFileOperations Instance { get; } = new();

    /// <inheritdoc />
    public EntryKind KindOf(string path)
    {
        try
        {
            FileAttributes attributes = File.GetAttributes(path);
            return attributes.HasFlag(FileAttributes.ReparsePoint) ? EntryKind.Link
                : attributes.HasFlag(FileAttributes.Directory) ? EntryKind.Folder
                : EntryKind.File;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return EntryKind.Missing;
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<string> FoldersIn(string folder, string prefix)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder, ".*.tmp")
                .Where(path => Path.GetFileName(path).StartsWith(prefix, StringComparison.Ordinal) && KindOf(path) == EntryKind.Folder)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <inheritdoc />
    public void CreateFolder(string path, bool isPrivate)
    {
        if (isPrivate && !OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        else
        {
            Directory.CreateDirectory(path);
        }
    }

    /// <inheritdoc />
    public IDisposable CreateLock(string path, ReadOnlySpan<byte> content)
    {
        SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        try
        {
            RandomAccess.Write(handle, content, 0);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public IDisposable? TryLock(string path, Span<byte> content, out int read)
    {
        read = 0;
        SafeFileHandle? handle = TryOpen(path);
        using SafeFileHandle? second = TryOpen(path);
        if (handle is null || second is not null)
        {
            // Where two can hold a file, as on some network file systems, holding it proves nothing.
            handle?.Dispose();
            return null;
        }

        read = RandomAccess.Read(handle, content, 0);
        return handle;
    }

    /// <inheritdoc />
    public FileByteSink CreateFile(string path) => new(path);

    /// <inheritdoc />
    public void FlushFile(string path)
    {
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }

    /// <inheritdoc />
    public void FlushFolder(string path) => NativeFlush.Folder(path);

    /// <inheritdoc />
    public void CopyPermissions(string from, string to)
    {
        if (!OperatingSystem.IsWindows())
        {
            // Without the owner's own access the folder could neither be moved nor removed.
            UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            File.SetUnixFileMode(to, File.GetUnixFileMode(from) | owner);
        }
    }

    /// <inheritdoc />
    public bool TryExchange(string first, string second) => NativeRename.TryExchange(first, second);

    /// <inheritdoc />
    public void Move(string from, string to)
    {
        if (!NativeRename.TryWithoutReplacing(from, to))
        {
            // Says why, with the path; and does it where there is no such call.
            Directory.Move(from, to);
        }
    }

    /// <inheritdoc />
    public void DeleteTree(string path)
    {
        switch (KindOf(path))
        {
            case EntryKind.Folder:
                Directory.Delete(path, recursive: true);
                break;
            case EntryKind.File or EntryKind.Link:
                File.Delete(path);
                break;
        }
    }

    /// <inheritdoc />
    public void DeleteFile(string path) => File.Delete(path);

    /// <inheritdoc />
    public void DeleteEmptyFolder(string path) => Directory.Delete(path);

    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
