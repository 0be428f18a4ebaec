using System.IO.Enumeration;

namespace Transfuse.Conversion.Sources;

/// <summary>Full paths of what is in a folder, from one listing, in ordinal order; a link is what it leads to.</summary>
/// <param name="Files">Its files.</param>
/// <param name="Folders">Its folders.</param>
internal readonly record struct FolderEntries(string[] Files, string[] Folders)
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Lists a folder.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it.</exception>
    public static FolderEntries Of(string folder)
    {
        List<string> files = [], folders = [];
        var entries = new FileSystemEnumerable<(string Path, bool IsFolder)>(
            folder, (ref FileSystemEntry entry) => (entry.ToSpecifiedFullPath(), entry.IsDirectory), Everything);
        foreach ((string path, bool isFolder) in entries)
        {
            (isFolder ? folders : files).Add(path);
        }

        files.Sort(StringComparer.Ordinal);
        folders.Sort(StringComparer.Ordinal);
        return new FolderEntries([.. files], [.. folders]);
    }
}
