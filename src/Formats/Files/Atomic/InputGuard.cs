namespace Transfuse.Formats.Files.Atomic;

/// <summary>
/// Keeps an output from taking away what it is made of. What counts is where paths lead, not how they are written: links, mounts and letter case do not matter.
/// </summary>
internal static class InputGuard
{
    /// <summary>Refuses a destination that is or holds an input.</summary>
    /// <exception cref="AtomicFolderException">It is, or does.</exception>
    public static void Check(string destination, AtomicFolderOptions options)
    {
        // What does not exist holds nothing.
        if (FileStatus.OfTarget(destination).Kind != EntryKind.Folder)
        {
            return;
        }

        var place = new FolderPlace(destination);
        foreach (string input in options.Inputs)
        {
            Check(input, place, mayBe: false, destination);
        }

        foreach (string source in options.Sources)
        {
            Check(source, place, mayBe: true, destination);
        }
    }

    private static void Check(string input, FolderPlace place, bool mayBe, string destination)
    {
        string real = FileStatus.RealPath(input);
        bool isFolder = Directory.Exists(real);
        string? folder = isFolder ? real : Path.GetDirectoryName(real);
        bool isSame = folder is not null && place.Is(folder);
        if (isSame)
        {
            if (!mayBe)
            {
                throw new AtomicFolderException(isFolder ? AtomicFolderError.IsInput : AtomicFolderError.HoldsInput, destination, input);
            }
        }
        else if (folder is not null && place.Holds(folder))
        {
            throw new AtomicFolderException(AtomicFolderError.HoldsInput, destination, input);
        }

        // A link in an input may lead to a file of the destination.
        foreach (string link in isFolder && !isSame ? Links(real) : [])
        {
            if (place.Holds(link))
            {
                throw new AtomicFolderException(AtomicFolderError.HoldsInput, destination, link);
            }
        }
    }

    // Those that lead anywhere: a real path is without links.
    private static IEnumerable<string> Links(string folder) =>
        Directory.EnumerateFileSystemEntries(folder).Where(
            path => FileStatus.Of(path).Kind == EntryKind.Link && FileStatus.OfTarget(path).Kind != EntryKind.Missing);
}
