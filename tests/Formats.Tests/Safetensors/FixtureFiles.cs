namespace Transfuse.Formats.Tests.Safetensors;

/// <summary>The repository's fixtures, found from where the tests run.</summary>
internal static class FixtureFiles
{
    public static string Root { get; } = Path.Combine(Repository(), "tests", "fixtures");

    /// <summary>Paths below the fixtures, with forward slashes, sorted.</summary>
    public static IReadOnlyList<string> Named(string pattern) =>
        [.. Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
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
