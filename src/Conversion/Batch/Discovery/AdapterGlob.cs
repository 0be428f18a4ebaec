using Microsoft.Extensions.FileSystemGlobbing;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Batch.Discovery;

/// <summary>The adapters that a glob matches: folders that hold one, folders of configs and weights files, and weights files of other names.</summary>
internal sealed class AdapterGlob
{
    private const string Checkpoint = "checkpoint";
    private readonly string _root;
    private readonly string _pattern;
    private readonly bool _namesCheckpoints;

    private AdapterGlob(string root, string pattern)
    {
        (_root, _pattern) = (root, pattern);
        _namesCheckpoints = pattern.Contains(Checkpoint, StringComparison.Ordinal);
    }

    /// <summary>Whether an argument is a glob: no folder of that very name is there.</summary>
    public static bool IsGlob(string argument) => argument.AsSpan().IndexOfAny('*', '?') >= 0 && !Path.Exists(argument);

    /// <summary>Reads a glob.</summary>
    /// <exception cref="BatchException">It goes up after a wildcard.</exception>
    public static AdapterGlob Parse(string glob)
    {
        string[] segments = glob.Replace('\\', '/').Split('/');
        int fixedCount = Array.FindIndex(segments, segment => segment.AsSpan().IndexOfAny('*', '?') >= 0);
        string prefix = string.Join('/', segments[..fixedCount]);
        string root = prefix.Length > 0 ? prefix : glob.StartsWith('/') ? "/" : ".";
        return segments.AsSpan(fixedCount).Contains("..")
            ? throw new BatchException($"'{glob}' goes up again after a wildcard.")
            : new AdapterGlob(root, string.Join('/', segments[fixedCount..]));
    }

    /// <summary>The adapters, ordinal by their path.</summary>
    /// <param name="options">What is left out.</param>
    /// <param name="log">Told of what is met and left out.</param>
    public IEnumerable<BatchInput> Match(DiscoveryOptions options, FindingLog log)
    {
        if (!Directory.Exists(_root))
        {
            return [];
        }

        string full = Path.GetFullPath(_root);
        string[] outputs = OutputsWithin(full, options.Output);
        int leftOut = 0;
        (List<string> folders, List<string> files) = Meet(full);
        Matcher? excluded = options.Excluded is [] ? null : MatcherOf(options.Excluded);
        var inputs = new List<BatchInput>();

        // A folder that is an adapter brings its files with it.
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (string folder in folders.Distinct(StringComparer.Ordinal))
        {
            string below = Below(full, folder);
            if (AdapterProbe.Look(folder) is not { State: not FolderState.Nothing } content)
            {
                continue;
            }

            taken.Add(folder);
            if (IsIn(outputs, folder))
            {
                leftOut++;
                continue;
            }

            if (IsExcluded(excluded, folder, below))
            {
                continue;
            }

            string shown = Path.GetRelativePath(".", folder);
            if (!options.TakesCheckpoints && !_namesCheckpoints && AdapterFiles.IsTrainerCheckpoint(Path.GetFileName(folder)))
            {
                log.Add(BatchCodes.CheckpointLeftOut.At(shown, "is a trainer's checkpoint, and the glob does not name checkpoints"));
            }
            else if (content.State == FolderState.HalfWritten)
            {
                log.Add(BatchCodes.HalfWritten.At(shown, "has adapter_config.json and no weights yet"));
            }
            else
            {
                inputs.Add(new BatchInput(shown, below) { Bytes = content.Bytes, LargestTensor = content.LargestTensor });
            }
        }

        foreach (string file in files.Where(file => !taken.Contains(Path.GetDirectoryName(file)!)).Distinct(StringComparer.Ordinal))
        {
            string below = Below(full, file);
            if (!IsExcluded(excluded, file, below) && AdapterProbe.IsAdapterFile(file))
            {
                if (IsIn(outputs, file))
                {
                    leftOut++;
                    continue;
                }

                (long bytes, long largest) = AdapterProbe.Measure(file);
                inputs.Add(new BatchInput(Path.GetRelativePath(".", file), Path.ChangeExtension(below, null)) { Bytes = bytes, LargestTensor = largest });
            }
        }

        if (leftOut > 0)
        {
            string what = leftOut == 1 ? "one adapter in it that the glob matches was" : $"{leftOut} adapters in it that the glob matches were";
            log.Add(BatchCodes.OutputsLeftOut.At(Path.GetRelativePath(".", outputs[0]), $"is the output folder; {what} not taken"));
        }

        return inputs.OrderBy(input => input.Path, StringComparer.Ordinal);
    }

    /// <summary>A matcher of some globs, which tells letter case apart.</summary>
    public static Matcher MatcherOf(IEnumerable<string> patterns)
    {
        var matcher = new Matcher(StringComparison.Ordinal);
        foreach (string pattern in patterns)
        {
            matcher.AddInclude(pattern);
        }

        return matcher;
    }

    /// <summary>Whether a path or what holds it is left out.</summary>
    public static bool IsExcluded(Matcher? excluded, string path, string below)
    {
        if (excluded is null)
        {
            return false;
        }

        string shown = Path.GetRelativePath(".", path).Replace('\\', '/');
        return Self(below).Concat(Self(shown)).Any(part => excluded.Match(part).HasMatches) || excluded.Match(Path.GetFileName(path)).HasMatches;

        static IEnumerable<string> Self(string path)
        {
            for (string? part = path; !string.IsNullOrEmpty(part) && part is not ("." or ".."); part = Path.GetDirectoryName(part)?.Replace('\\', '/'))
            {
                yield return part;
            }
        }
    }

    // Folders that are matched, or that hold a matched file of an adapter's name; and matched files of other names.
    private (List<string> Folders, List<string> Files) Meet(string full)
    {
        Matcher matcher = MatcherOf([_pattern]);
        bool isDeep = _pattern.Contains("**", StringComparison.Ordinal);
        var walk = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = isDeep ? int.MaxValue : _pattern.Count(letter => letter == '/'),
            IgnoreInaccessible = true,
            // Links may lead round in circles.
            AttributesToSkip = isDeep ? FileAttributes.ReparsePoint : FileAttributes.None,
        };
        var folders = new List<string>();
        var files = new List<string>();
        foreach (string folder in Directory.EnumerateDirectories(full, "*", walk).Prepend(full))
        {
            string[] inside = FilesOf(folder);
            if (folder != full && IsMatch(folder) && Settled(folder) == folder)
            {
                folders.Add(folder);
                if (inside.Any(file => AdapterSource.IsAdapterFile(Path.GetFileName(file))))
                {
                    continue;
                }
            }

            foreach (string file in inside.Where(IsMatch).Select(Settled).OfType<string>())
            {
                if (AdapterSource.IsAdapterFile(Path.GetFileName(file)))
                {
                    folders.Add(Path.GetDirectoryName(file)!);
                }
                else
                {
                    files.Add(file);
                }
            }
        }

        return (folders, files);

        bool IsMatch(string path) => matcher.Match(Below(full, path)).HasMatches;
    }

    // Also those that are links, as the files of the hub's cache are. A folder that cannot be read has none that a pattern could match.
    private static string[] FilesOf(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder)
                .Where(file => Path.GetExtension(file) == ".safetensors" || AdapterSource.IsAdapterFile(Path.GetFileName(file)))];
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

    // The folder of outputs as the walk can meet it, by its own path or through links, where it lies below the glob's fixed prefix.
    private static string[] OutputsWithin(string full, string? output)
    {
        if (output is null)
        {
            return [];
        }

        string place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)), above = ".." + Path.DirectorySeparatorChar;
        string[] below = [Path.GetRelativePath(full, place), Path.GetRelativePath(FileStatus.RealPath(full), FileStatus.RealPath(place))];
        return
        [
            .. below.Where(path => path is not ("." or "..") && !Path.IsPathRooted(path) && !path.StartsWith(above, StringComparison.Ordinal))
                .Distinct().Select(path => Path.Combine(full, path)),
        ];
    }

    private static bool IsIn(string[] folders, string path) => folders.Any(
        folder => path.StartsWith(folder, StringComparison.Ordinal) && (path.Length == folder.Length || path[folder.Length] == Path.DirectorySeparatorChar));

    private static string Below(string root, string path) => Path.GetRelativePath(root, path).Replace('\\', '/');
}
