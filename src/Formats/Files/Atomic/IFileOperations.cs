namespace Transfuse.Formats.Files.Atomic;

/// <summary>The steps that an atomic folder takes, one by one, so that tests can end the process between any two.</summary>
internal interface IFileOperations
{
    /// <summary>This process.</summary>
    ProcessMark Self { get; }

    /// <summary>Whether a process of this system has ended; <see langword="false"/> for this one and where that cannot be told.</summary>
    bool HasEnded(int process, long started);

    EntryKind KindOf(string path);

    /// <summary>What the file system calls the file at a path, where it tells.</summary>
    string? IdentityOf(string path);

    /// <summary>The first bytes of a regular file; none where there is none.</summary>
    byte[] ReadStart(string path, int longest);

    /// <summary>Paths of everything in a folder; none where the folder is missing.</summary>
    IReadOnlyList<string> EntriesIn(string folder);

    /// <summary>Paths of the folders in a folder whose names begin with a text; none where the folder is missing.</summary>
    IReadOnlyList<string> FoldersIn(string folder, string prefix);

    /// <summary>Makes one folder in an existing one.</summary>
    /// <param name="path">Where.</param>
    /// <param name="isPrivate">Whether only the owner may enter it.</param>
    void CreateFolder(string path, bool isPrivate);

    /// <summary>Makes a file and holds it exclusively until disposed or the process ends.</summary>
    IDisposable CreateLock(string path, ReadOnlySpan<byte> content);

    /// <summary>
    /// Holds an existing file exclusively and reads its first bytes; <see langword="null"/> where someone holds it, or where that cannot be told.
    /// </summary>
    IDisposable? TryLock(string path, Span<byte> content, out int read);

    /// <summary>Makes a file for writing, with these permissions less the process's mask; <see langword="null"/> for all but the mask's.</summary>
    FileByteSink CreateFile(string path, UnixFileMode? permissions);

    /// <summary>Forces a file's contents to the disk.</summary>
    void FlushFile(string path);

    /// <summary>Forces a folder's list of names to the disk, where the operating system has a way.</summary>
    void FlushFolder(string path);

    /// <summary>Gives a file or folder permissions; the owner keeps every right over a folder, which could neither be moved nor removed without.</summary>
    void SetPermissions(string path, UnixFileMode permissions);

    /// <summary>Swaps two folders in one step; <see langword="false"/> where that failed or has no such step, with nothing changed.</summary>
    bool TryExchange(string first, string second);

    /// <summary>Renames a file or folder; never replaces anything.</summary>
    /// <exception cref="IOException">The operating system failed, or the target exists.</exception>
    void Move(string from, string to);

    /// <summary>Deletes whatever is at a path; does not follow links.</summary>
    void DeleteTree(string path);

    /// <summary>Renames a file, over another if one is there.</summary>
    void Replace(string from, string to);

    /// <summary>Deletes a file, or nothing.</summary>
    void DeleteFile(string path);

    /// <summary>Deletes a folder that must be empty.</summary>
    void DeleteEmptyFolder(string path);
}
