namespace Transfuse.Oracle;

/// <summary>The recorded adapters and bases in tests/fixtures, found by walking up to the solution.</summary>
public static class Fixtures
{
    public static string RepositoryRoot { get; } = FindRoot();

    public static string Root { get; } = Path.Combine(RepositoryRoot, "tests", "fixtures");

    /// <summary>Every folder with a case.json, by name.</summary>
    public static IReadOnlyList<FixtureCase> Cases { get; } =
        [.. Directory.EnumerateDirectories(Root)
            .Where(d => File.Exists(Path.Combine(d, "case.json")))
            .Order(StringComparer.Ordinal)
            .Select(FixtureCase.Read)];

    public static IEnumerable<FixtureCase> PeftCases => Cases.Where(c => c.IsPeft);

    public static IEnumerable<FixtureCase> MlxCases => Cases.Where(c => !c.IsPeft);

    public static FixtureCase Case(string name) => Cases.Single(c => c.Name == name);

    /// <summary>Folder of a base in Hugging Face layout.</summary>
    public static string HfBaseFolder(string architecture) => Path.Combine(Root, "bases", architecture);

    /// <summary>Folder of a base in MLX layout; the name may carry -q4, -q8 or -mxfp4.</summary>
    public static string MlxBaseFolder(string name) => Path.Combine(Root, "bases-mlx", name);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Conversion.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no Conversion.sln above {AppContext.BaseDirectory}");
    }
}
