namespace Transfuse.Cli.Commands;

/// <summary>
/// Expands the PATH arguments. One path that is not a glob: the output is the adapter folder. Several, or a glob:
/// the output is the parent, and outputs keep their path below the glob's fixed prefix.
/// </summary>
internal static class InputPaths
{
    /// <summary>The inputs, each with its name below a common output folder; the name is empty where the output folder itself is meant.</summary>
    /// <exception cref="UsageException">A glob matches nothing.</exception>
    public static IReadOnlyList<(string Input, string Name)> Expand(IReadOnlyList<string> arguments)
    {
        if (arguments is [string single] && !IsGlob(single))
        {
            return [(single, string.Empty)];
        }

        return [.. arguments.SelectMany(argument => IsGlob(argument) ? Match(argument) : [(argument, NameOf(argument))])];
    }

    /// <summary>The inputs alone, each once, where they have no outputs of their own.</summary>
    /// <exception cref="UsageException">A glob matches nothing.</exception>
    public static IReadOnlyList<string> Inputs(IReadOnlyList<string> arguments) =>
        [.. arguments.SelectMany(argument => IsGlob(argument) ? Match(argument).Select(match => match.Input) : [argument]).Distinct(StringComparer.Ordinal)];

    /// <summary>The inputs with their outputs.</summary>
    /// <exception cref="UsageException">A glob matches nothing, or two inputs would have the same output.</exception>
    public static IReadOnlyList<OutputTarget> WithOutputs(IReadOnlyList<string> arguments, string output)
    {
        IReadOnlyList<(string Input, string Name)> inputs = Expand(arguments);
        if (inputs is [{ Name.Length: 0 }] && Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(output))).Length == 0)
        {
            throw new UsageException($"--output '{output}' is no folder that can be written.");
        }

        IGrouping<string, (string Input, string Name)>? clash = inputs.GroupBy(input => input.Name, StringComparer.Ordinal)
            .FirstOrDefault(group => group.Count() > 1);
        return clash is null
            ? [.. inputs.Select(input => new OutputTarget(input.Input, Path.Combine(output, input.Name)))]
            : throw new UsageException($"{string.Join(" and ", clash.Select(input => $"'{input.Input}'"))} would have the same output '{clash.Key}'.");
    }

    private static bool IsGlob(string argument) => argument.AsSpan().IndexOfAny('*', '?') >= 0 && !Directory.Exists(argument);

    private static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    private static IEnumerable<(string Input, string Name)> Match(string glob)
    {
        string[] segments = glob.Replace('\\', '/').Split('/');
        int fixedCount = Array.FindIndex(segments, segment => segment.AsSpan().IndexOfAny('*', '?') >= 0);
        string prefix = string.Join('/', segments[..fixedCount]);
        string root = prefix.Length > 0 ? prefix : glob.StartsWith('/') ? "/" : ".";
        if (segments.AsSpan(fixedCount).Contains(".."))
        {
            throw new UsageException($"'{glob}' goes up again after a wildcard.");
        }

        string[] folders = Directory.Exists(root) ? GlobMatches.Folders(root, string.Join('/', segments[fixedCount..])) : [];
        return folders is []
            ? throw new UsageException($"'{glob}' matches no adapter.")
            : folders.Select(folder => (Path.GetRelativePath(".", folder), Path.GetRelativePath(root, folder)));
    }
}
