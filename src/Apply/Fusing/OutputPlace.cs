using Transfuse.Formats.Files;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing;

/// <summary>Where a merged model may be written.</summary>
internal static class OutputPlace
{
    /// <summary>Names an output that is, holds or lies in one of the folders that are read, or that is taken.</summary>
    public static void Check(string output, IEnumerable<string> sources, bool overwrite, FindingLog log)
    {
        string place = Real(output);
        foreach (string source in sources)
        {
            string read = Real(source);
            if (place == read || IsInside(place, read) || IsInside(read, place))
            {
                log.Add(
                    FusionCodes.OutputPlace.At(
                        output,
                        place == read ? "is read itself" : IsInside(place, read) ? $"lies inside {source}, which is read" : $"holds {source}, which is read"));
                return;
            }
        }

        // A slip of --output must not cost a folder of something else.
        if (overwrite
            && Directory.Exists(output)
            && Directory.EnumerateFileSystemEntries(output).Any()
            && !File.Exists(Path.Combine(output, Models.ModelFolder.ConfigFile)))
        {
            log.Add(TargetCodes.OutputExists.At(output, "is not empty and holds no model, so --overwrite does not replace it"));
        }
    }

    /// <summary>
    /// Whether a file of an older model goes when the output is overwritten: one of more shards would leave some that readers still open. Everything else
    /// stays.
    /// </summary>
    public static bool IsReplaced(string fileName) =>
        fileName == "model.safetensors.index.json"
            || (fileName.StartsWith("model", StringComparison.Ordinal) && fileName.EndsWith(".safetensors", StringComparison.Ordinal));

    /// <summary>What a refused destination is told as.</summary>
    public static Finding Taken(AtomicFolderException taken) => TargetCodes.OutputExists.At(taken.Destination, taken.Cause switch
    {
        AtomicFolderError.IsFile => "is a file",
        AtomicFolderError.IsLink => "is a link, which is never replaced",
        _ => "exists; --overwrite replaces it",
    });

    /// <summary>Names a disk that has too little space for what is to be written.</summary>
    public static void CheckSpace(string output, long bytes, FindingLog log)
    {
        string? existing = Path.GetFullPath(output);
        while (existing is not null && !Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing);
        }

        long free;
        try
        {
            free = new DriveInfo(existing ?? Path.GetFullPath(output)).AvailableFreeSpace;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Where it is not told, the writing itself will tell.
            return;
        }

        if (free < bytes)
        {
            log.Add(FusionCodes.NoSpace.At(output, $"needs {bytes} bytes, and {free} are free"));
        }
    }

    private static bool IsInside(string inner, string outer) =>
        inner.StartsWith(outer.EndsWith(Path.DirectorySeparatorChar) ? outer : outer + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    // Links are followed, also in the parents of what does not exist yet.
    private static string Real(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? parent = Path.GetDirectoryName(full);
        if (parent is null)
        {
            return full;
        }

        string here = Path.Combine(Real(parent), Path.GetFileName(full));
        return new DirectoryInfo(here) is { LinkTarget: not null } link && link.ResolveLinkTarget(returnFinalTarget: true) is { } target
            ? Real(target.FullName)
            : here;
    }
}
