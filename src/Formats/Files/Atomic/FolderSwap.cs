namespace Transfuse.Formats.Files.Atomic;

/// <summary>Puts a complete folder into the place of its destination.</summary>
internal static class FolderSwap
{
    /// <summary>Installs the work folder's new folder. When this throws, the destination is as it was.</summary>
    public static void Install(IFileOperations operations, WorkFolder work, string destination, bool overwrite)
    {
        if (CheckDestination(operations, destination, overwrite) == EntryKind.Missing)
        {
            try
            {
                operations.Move(work.New, destination);
                return;
            }
            catch (IOException) when (operations.KindOf(destination) != EntryKind.Missing)
            {
                // It appeared meanwhile.
                CheckDestination(operations, destination, overwrite);
            }
        }

        operations.CopyPermissions(destination, work.New);
        if (!operations.TryExchange(work.New, destination))
        {
            InTwoRenames(operations, work, destination);
        }
    }

    /// <summary>What is at the destination, if it may be replaced.</summary>
    /// <exception cref="AtomicFolderException">It may not.</exception>
    public static EntryKind CheckDestination(IFileOperations operations, string destination, bool overwrite)
    {
        EntryKind kind = operations.KindOf(destination);
        return kind switch
        {
            EntryKind.File => throw new AtomicFolderException(AtomicFolderError.IsFile, destination),
            EntryKind.Link => throw new AtomicFolderException(AtomicFolderError.IsLink, destination),
            EntryKind.Folder when !overwrite => throw new AtomicFolderException(AtomicFolderError.Exists, destination),
            _ => kind,
        };
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
                $"{destination} was moved to {work.Old}, and neither the new folder nor the old one could take its place; the next run tries again: {cause.Message}",
                cause);
        }
    }
}
