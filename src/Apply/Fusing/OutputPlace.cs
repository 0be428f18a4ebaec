using Transfuse.Formats.Files;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing;

/// <summary>Where a merged model may be written.</summary>
internal static class OutputPlace
{
    /// <summary>Names an output that is, holds or lies in one of the folders that are read, or that is taken.</summary>
    public static void Check(string output, IEnumerable<string> sources, bool overwrite, FindingLog log)
    {
        var place = new FolderPlace(output);
        foreach (string source in sources)
        {
            var read = new FolderPlace(source);
            string? why = read.Is(output) ? "is read itself"
                : read.Holds(output) ? $"lies inside {source}, which is read"
                : place.Holds(source) ? $"holds {source}, which is read"
                : null;
            if (why is not null)
            {
                log.Add(FusionCodes.OutputPlace.At(output, why));
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
}
