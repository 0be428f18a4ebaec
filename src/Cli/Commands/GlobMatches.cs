using Microsoft.Extensions.FileSystemGlobbing;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;

namespace Transfuse.Cli.Commands;

/// <summary>The adapters that a glob matches: folders that hold one, and folders of configs and weights files that it matches.</summary>
internal static class GlobMatches
{
    /// <summary>The folders, as absolute paths, ordinal.</summary>
    /// <param name="root">The folder that stands before the first wildcard.</param>
    /// <param name="pattern">What follows it, with slashes.</param>
    public static string[] Folders(string root, string pattern)
    {
        var matcher = new Matcher(StringComparison.Ordinal);
        matcher.AddInclude(pattern);
        string full = Path.GetFullPath(root);
        bool isDeep = pattern.Contains("**", StringComparison.Ordinal);
        var walk = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = isDeep ? int.MaxValue : pattern.Count(letter => letter == '/'),
            IgnoreInaccessible = true,
            // Links may lead round in circles.
            AttributesToSkip = isDeep ? FileAttributes.ReparsePoint : FileAttributes.None,
        };
        string[] folders = [full, .. Directory.EnumerateDirectories(full, "*", walk)];
        return
        [
            .. folders.SelectMany(AdapterFiles)
                .Where(IsMatch)
                .Select(Settled)
                .OfType<string>()
                .Select(file => Path.GetDirectoryName(file)!)
                .Concat(folders.Where(folder => folder != full && IsMatch(folder) && Settled(folder) == folder && HoldsAdapter(folder)))
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];

        bool IsMatch(string path) => matcher.Match(Path.GetRelativePath(full, path).Replace('\\', '/')).HasMatches;
    }

    // Also those that are links, as the files of the hub's cache are. A folder that cannot be read has none that a pattern could match.
    private static string[] AdapterFiles(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Where(file => AdapterSource.IsAdapterFile(Path.GetFileName(file)))];
        }
        catch (Exception gone) when (gone is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    // Nothing in a work folder is an adapter. But what is being replaced within a folder is one of that folder, where it may be away.
    private static string? Settled(string path)
    {
        for (string? parent = path; parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (AtomicFolder.IsWorkName(Path.GetFileName(parent)))
            {
                return parent != path && Path.GetDirectoryName(parent) is { } folder && FolderEdit.IsUnfinished(folder)
                    ? Path.Combine(folder, Path.GetFileName(path))
                    : null;
            }
        }

        return path;
    }

    private static bool HoldsAdapter(string folder)
    {
        try
        {
            return Directory.EnumerateFiles(folder).Any(file => AdapterSource.IsAdapterFile(Path.GetFileName(file)));
        }
        catch (UnauthorizedAccessException)
        {
            // Whoever named it shall hear that it cannot be read.
            return true;
        }
    }
}
