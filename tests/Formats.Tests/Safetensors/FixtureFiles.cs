namespace Transfuse.Formats.Tests.Safetensors;

/// <summary>The repository's fixtures, found from where the tests run.</summary>
internal static class FixtureFiles
{
    // Folders with files of hundreds of models, and with damaged files; other tests read those.
    private static readonly string[] Elsewhere = ["field/", "generated/", "models/"];

    public static string Root { get; } = Path.Combine(Repository(), "tests", "fixtures");

    /// <summary>Paths below the fixtures, with forward slashes, sorted.</summary>
    public static IReadOnlyList<string> Named(string pattern) =>
        [.. Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !Elsewhere.Any(folder => path.StartsWith(folder, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)];

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string Repository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Conversion.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
