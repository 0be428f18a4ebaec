using Microsoft.Win32.SafeHandles;

namespace Transfuse.Formats.Files.Atomic;

/// <summary>The operating system's own.</summary>
internal sealed class SystemFileOperations : IFileOperations
{
    /// <summary>The only instance.</summary>
    public static SystemFileOperations Instance { get; } = new();

    /// <inheritdoc />
    public ProcessMark Self => ProcessMark.Self;

    /// <inheritdoc />
    public bool HasEnded(int process, long started) => ProcessMark.HasEnded(process, started);

    /// <inheritdoc />
    public EntryKind KindOf(string path) => FileStatus.Of(path).Kind;

    /// <inheritdoc />
    public string? IdentityOf(string path) => FileStatus.Of(path).Identity;

    /// <inheritdoc />
    public byte[] ReadStart(string path, int longest)
    {
        try
        {
            using SafeFileHandle handle = Native.RegularFile.OpenToRead(path);
            byte[] start = new byte[Math.Min(RandomAccess.GetLength(handle), longest)];
            return start[..RandomAccess.Read(handle, start, 0)];
        }
        catch (Exception exception) when (exception is FileNotFoundException or FileKindException)
        {
            return [];
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<string> EntriesIn(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<string> FoldersIn(string folder, string prefix)
    {
        // Most outputs are new: to ask costs less than the exception.
        if (FileStatus.OfTarget(folder).Kind != EntryKind.Folder)
        {
            return [];
        }

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
    public FileByteSink CreateFile(string path, UnixFileMode? permissions) => new(path, permissions);

    /// <inheritdoc />
    public void FlushFile(string path)
    {
        // To flush needs the right to write on Windows alone; elsewhere a file may be one that its owner only reads.
        FileAccess access = OperatingSystem.IsWindows() ? FileAccess.ReadWrite : FileAccess.Read;
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }

    /// <inheritdoc />
    public void FlushFolder(string path) => NativeFlush.Folder(path);

    /// <inheritdoc />
    public void SetPermissions(string path, UnixFileMode permissions)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, KindOf(path) == EntryKind.Folder
                ? permissions | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                : permissions & FileByteSink.Everyone);
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
            if (KindOf(from) == EntryKind.Folder)
            {
                Directory.Move(from, to);
            }
            else
            {
                File.Move(from, to);
            }
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
            case not EntryKind.Missing:
                File.Delete(path);
                break;
        }
    }

    /// <inheritdoc />
    public void Replace(string from, string to) => File.Move(from, to, overwrite: true);

    /// <inheritdoc />
    public void DeleteFile(string path) => File.Delete(path);

    /// <inheritdoc />
    public void DeleteEmptyFolder(string path) => Directory.Delete(path);

    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return FileStatus.Of(path).Kind != EntryKind.File ? null : File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
