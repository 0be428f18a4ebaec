using System.Collections.Immutable;
using Microsoft.Extensions.FileSystemGlobbing;
using Transfuse.Conversion.Sources.Hub;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Batch.Discovery;

/// <summary>
/// Finds the adapters that paths and globs name. One path that is not a glob is itself the input; of several, each output is called by the last part of its
/// path;
/// of a glob, by the path below the glob's fixed prefix.
/// </summary>
/// <example>
/// <code>
/// DiscoveredInputs found = InputDiscovery.Find(["runs/**"], new DiscoveryOptions { TakesCheckpoints = true });
/// foreach (BatchInput input in found.Inputs)
/// {
///     Console.WriteLine($"{input.Path} -&gt; {input.Name}");
/// }
/// </code>
/// </example>
public static class InputDiscovery
{
    /// <summary>Finds them.</summary>
    /// <param name="paths">Folders, weights files, globs that match either, or ids of a hub.</param>
    /// <param name="options">What is left out. Default: nothing.</param>
    /// <exception cref="BatchException">A glob matches no adapter, or everything is excluded.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static DiscoveredInputs Find(IReadOnlyList<string> paths, DiscoveryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        options ??= new DiscoveryOptions();
        if (paths is [string single] && !options.IsList && !AdapterGlob.IsGlob(single))
        {
            // One alone shares the memory with none: its headers are read when it is, and only then.
            long bytes = AdapterProbe.BytesOf(single);
            return new DiscoveredInputs([new BatchInput(single, string.Empty) { Bytes = bytes, LargestTensor = bytes }], [], IsSingle: true);
        }

        var log = new FindingLog();
        var inputs = ImmutableArray.CreateBuilder<BatchInput>();
        var seen = new HashSet<(string, string)>();
        Matcher? excluded = options.Excluded is [] ? null : AdapterGlob.MatcherOf(options.Excluded);
        foreach (string path in paths)
        {
            foreach (BatchInput input in AdapterGlob.IsGlob(path) ? FromGlob(path, options, log) : [FromLine(path, options)])
            {
                if (seen.Add((input.Path, input.Name)) && !AdapterGlob.IsExcluded(excluded, input.Path, input.Name))
                {
                    inputs.Add(input);
                }
            }
        }

        return inputs.Count > 0 || log.Count > 0
            ? new DiscoveredInputs(inputs.ToImmutable(), log.ToSorted(), IsSingle: false)
            : throw new BatchException("no adapter is left: --exclude leaves out all that was found.");
    }

    /// <summary>Stops a batch in which two inputs would have one output.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <exception cref="BatchException">Two would.</exception>
    public static void RequireOwnOutputs(IReadOnlyCollection<BatchInput> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);

        // Two names that differ by case are one folder on many disks.
        var names = new Dictionary<string, BatchInput>(inputs.Count, StringComparer.OrdinalIgnoreCase);
        foreach (BatchInput input in inputs)
        {
            if (!names.TryAdd(input.Name, input))
            {
                throw new BatchException(
                    $"'{names[input.Name].Path}' and '{input.Path}' would have the same output '{input.Name}'. A glob keeps the folders below its first "
                    + "wildcard; "
                    + "in a list (--from-file), a tab and a name after the path name the output.");
            }
        }

        // An output within another would be a part of it.
        foreach (BatchInput input in inputs)
        {
            for (string? parent = Parent(input.Name); parent is not null; parent = Parent(parent))
            {
                if (names.TryGetValue(parent, out BatchInput? around))
                {
                    throw new BatchException(
                        $"the output of '{input.Path}' would lie in that of '{around.Path}'; --exclude leaves one out, or run them one after the other.");
                }
            }
        }
    }

    private static string? Parent(string name) => name.LastIndexOf('/') is var slash and > 0 ? name[..slash] : null;

    private static IEnumerable<BatchInput> FromGlob(string glob, DiscoveryOptions options, FindingLog log)
    {
        int before = log.Count;
        BatchInput[] found = [.. AdapterGlob.Parse(glob).Match(options, log)];
        return found is [] && log.Count == before && options.Excluded is [] ? throw new BatchException($"'{glob}' matches no adapter.") : found;
    }

    private static BatchInput FromLine(string line, DiscoveryOptions options)
    {
        int tab = options.IsList ? line.IndexOf('\t') : -1;
        if (tab < 0)
        {
            return Named(line, HubId.Parse(line)?.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(line))));
        }

        string name = line[(tab + 1)..].Trim();
        return name.Length == 0 || Path.IsPathRooted(name) || name.Split('/', '\\').Any(part => part is "" or "." or "..")
            ? throw new BatchException($"'{name}' is no name of an output: it stays below the output folder.")
            : Named(line[..tab], name);
    }

    private static BatchInput Named(string path, string name)
    {
        (long bytes, long largest) = AdapterProbe.Measure(path);
        return new BatchInput(path, name) { Bytes = bytes, LargestTensor = largest };
    }
}
