namespace Transfuse.Formats.Files.Atomic;

/// <summary>The folders around an output that are made for it, and taken away again where nothing comes of it.</summary>
internal static class FolderParents
{
    /// <summary>Makes a folder and those around it that are missing.</summary>
    /// <param name="operations">The operating system.</param>
    /// <param name="folder">Full path of the folder.</param>
    /// <param name="made">Takes those that were made, the outermost first; they are in it also where a later one fails.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static void Make(IFileOperations operations, string folder, List<string> made)
    {
        var missing = new Stack<string>();
        for (string? parent = folder; parent is not null && operations.KindOf(parent) == EntryKind.Missing; parent = Path.GetDirectoryName(parent))
        {
            missing.Push(parent);
        }

        foreach (string parent in missing)
        {
            operations.CreateFolder(parent, isPrivate: false);
            made.Add(parent);
        }
    }

    /// <summary>Removes them, the innermost first, unless someone else uses them by now.</summary>
    public static void Remove(IFileOperations operations, List<string> made)
    {
        try
        {
            foreach (string parent in made.AsEnumerable().Reverse())
            {
                operations.DeleteEmptyFolder(parent);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Someone else uses it by now.
        }
    }
}
