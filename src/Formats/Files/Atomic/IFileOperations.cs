namespace Transfuse.Formats.Files.Atomic;

/// <summary>The steps that an atomic folder takes, one by one, so that tests can end the process between any two.</summary>
internal interface IFileOperations
{
    /// <summary>What is at a path.</summary>
    EntryKind KindOf(string path);

    /// <summary>Paths of the folders in a folder whose names begin with a text; none where the folder is missing.</summary>
    IReadOnlyList<string> FoldersIn(string folder, string prefix);

    /// <summary>Makes one folder in an existing one.</summary>
    /// <param name="path">Where.</param>
    /// <param name="isPrivate">Whether only the owner may enter it.</param>
    void CreateFolder(string path, bool isPrivate);

    /// <summary>Makes a file and holds it exclusively until disposed or the process ends.</summary>
    IDisposable CreateLock(string path, ReadOnlySpan<byte> content);

    /// <summary>Holds an existing file exclusively and reads its first bytes; <see langword="null"/> where someone holds it, or where that cannot be told.</summary>
    IDisposable? TryLock(string path, Span<byte> content, out int read);

    /// <summary>Makes a file for writing.</summary>
    FileByteSink CreateFile(string path);

    /// <summary>Forces a file's contents to the disk.</summary>
    void FlushFile(string path);

    /// <summary>Forces a folder's list of names to the disk, where the operating system has a way.</summary>
    void FlushFolder(string path);

    /// <summary>Gives a folder the permissions of another.</summary>
    void CopyPermissions(string from, string to);

    /// <summary>Swaps two folders in one step; <see langword="false"/> where that failed or has no such step, with nothing changed.</summary>
    bool TryExchange(string first, string second);

    /// <summary>Renames a folder; never replaces anything.</summary>
    /// <exception cref="IOException">The operating system failed, or the target exists.</exception>
    void Move(string from, string to);

    /// <summary>Deletes whatever is at a path; does not follow links.</summary>
    void DeleteTree(string path);

    /// <summary>Deletes a file.</summary>
    void DeleteFile(string path);

    /// <summary>Deletes a folder that must be empty.</summary>
    void DeleteEmptyFolder(string path);
}
