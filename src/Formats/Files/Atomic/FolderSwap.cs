namespace Transfuse.Formats.Files.Atomic;

/// <summary>Puts a complete folder into the place of its destination.</summary>
internal static class FolderSwap
{
    /// <summary>Moves a new folder to where nothing is. When this throws, the destination is as it was.</summary>
    /// <param name="operations">The operating system.</param>
    /// <param name="newFolder">The new folder.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="overwrite">Whether a folder that is there may be replaced.</param>
    /// <returns>Whether it is in place; else something is there that may be replaced.</returns>
    public static bool TryPlace(IFileOperations operations, string newFolder, string destination, bool overwrite)
    {
        if (CheckDestination(operations, destination, overwrite) == EntryKind.Missing)
        {
            try
            {
                operations.Move(newFolder, destination);
                return true;
            }
            catch (IOException) when (operations.KindOf(destination) != EntryKind.Missing)
            {
                // It appeared meanwhile.
                CheckDestination(operations, destination, overwrite);
            }
        }

        return false;
    }

    /// <summary>Puts the work folder's new folder into the place of what is there. When this throws, the destination is as it was.</summary>
    /// <param name="operations">The operating system.</param>
    /// <param name="work">The work folder.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="names">Names of the new folder's files.</param>
    /// <param name="options">What may be replaced.</param>
    public static void Replace(IFileOperations operations, WorkFolder work, string destination, IReadOnlyCollection<string> names, AtomicFolderOptions options)
    {
        if (FileStatus.Of(destination).Permissions is { } permissions)
        {
            operations.SetPermissions(work.New, permissions);
        }

        string[] replaced = Replaced(operations, destination, names, options);
        work.WriteList(replaced);
        try
        {
            Carry(operations, destination, work.New, replaced);
            if (!operations.TryExchange(work.New, destination))
            {
                InTwoRenames(operations, work, destination);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            CarryBack(operations, work.New, destination, replaced);
            throw;
        }
    }

    /// <summary>What is at the destination, if it may be replaced.</summary>
    /// <exception cref="AtomicFolderException">It may not.</exception>
    public static EntryKind CheckDestination(IFileOperations operations, string destination, bool overwrite)
    {
        EntryKind kind = operations.KindOf(destination);
        return kind switch
        {
            EntryKind.Missing => kind,
            EntryKind.Link => throw new AtomicFolderException(AtomicFolderError.IsLink, destination),
            EntryKind.Folder when !overwrite => throw new AtomicFolderException(AtomicFolderError.Exists, destination),
            EntryKind.Folder => kind,
            _ => throw new AtomicFolderException(AtomicFolderError.IsFile, destination),
        };
    }

    /// <summary>Whether an entry of the destination goes: no folder ever does.</summary>
    /// <exception cref="AtomicFolderException">It is a folder with the name of a new file.</exception>
    private static bool Goes(IFileOperations operations, string path, IReadOnlyCollection<string> names, AtomicFolderOptions options)
    {
        bool isFolder = operations.KindOf(path) == EntryKind.Folder;
        string name = Path.GetFileName(path);
        return names.Contains(name)
            ? isFolder ? throw new AtomicFolderException(AtomicFolderError.HoldsFolder, Path.GetDirectoryName(path)!, name) : true
            : !isFolder && options.IsReplaced(name);
    }

    private static string[] Replaced(IFileOperations operations, string destination, IReadOnlyCollection<string> names, AtomicFolderOptions options)
    {
        HashSet<string> created = [.. names];
        return
        [
            .. operations.EntriesIn(destination)
                .Where(path => Goes(operations, path, created, options))
                .Select(path => Path.GetFileName(path))
                .Union(created, StringComparer.Ordinal),
        ];
    }

    // What stays moves to the new folder just before the swap. If the process ends here, the next run moves it back.
    private static void Carry(IFileOperations operations, string destination, string newFolder, string[] replaced)
    {
        HashSet<string> gone = [.. replaced];
        foreach (string path in operations.EntriesIn(destination).Where(path => !gone.Contains(Path.GetFileName(path))))
        {
            operations.Move(path, Path.Combine(newFolder, Path.GetFileName(path)));
        }
    }

    private static void CarryBack(IFileOperations operations, string newFolder, string destination, string[] replaced)
    {
        try
        {
            if (operations.KindOf(destination) == EntryKind.Folder)
            {
                Carry(operations, newFolder, destination, replaced);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Clearing up tries again, and so does the next run.
        }
    }

    private static void InTwoRenames(IFileOperations operations, WorkFolder work, string destination)
    {
        operations.Move(destination, work.Old);
        try
        {
            operations.Move(work.New, destination);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            PutBack(operations, work, destination, exception);
            throw;
        }
    }

    private static void PutBack(IFileOperations operations, WorkFolder work, string destination, Exception cause)
    {
        try
        {
            operations.Move(work.Old, destination);
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException && operations.KindOf(destination) == EntryKind.Missing)
        {
            throw new IOException(
                $"{destination} was moved to {work.Old}, and neither the new folder nor the old one could take its place; the next run tries again: "
                + $"{cause.Message}",
                cause);
        }
    }
}
