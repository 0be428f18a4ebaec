using Microsoft.Win32.SafeHandles;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources;

/// <summary>
/// Tells side files from what only looks like one. A link out of the folder may lead to anything its owner can read, which has no business in a folder that is
/// shared;
/// the Hugging Face cache is the one place whose folders consist of links: <c>snapshots/REVISION/FILE</c> leads to <c>blobs/HASH</c> of the same repository.
/// </summary>
internal static class SideLink
{
    private const string Snapshots = "snapshots";
    private const string Blobs = "blobs";

    /// <summary>Why a file is not copied, or <see langword="null"/>.</summary>
    public static string? WhyLeftOut(string folder, string fileName)
    {
        string path = Path.Combine(folder, fileName);
        EntryKind kind = FileStatus.Of(path).Kind;
        EntryKind target = kind == EntryKind.Link ? FileStatus.OfTarget(path).Kind : kind;
        return target switch
        {
            EntryKind.Missing => "is a link that leads nowhere, and was not copied",
            not EntryKind.File => "is no regular file, and was not copied",
            _ when kind == EntryKind.Link && !IsWithin(FileStatus.RealPath(folder), FileStatus.RealPath(path)) =>
                "is a link to a file outside the folder, and was not copied",
            _ => MayBeRead(path) ? null : "may not be read, and was not copied",
        };
    }

    private static bool MayBeRead(string path)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsWithin(string folder, string target)
    {
        if (IsBelow(target, folder))
        {
            return true;
        }

        for (string? parent = folder; parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (Path.GetFileName(parent) == Snapshots && Path.GetDirectoryName(parent) is { } repository)
            {
                return IsBelow(target, Path.Combine(repository, Blobs));
            }
        }

        return false;
    }

    private static bool IsBelow(string path, string folder) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
