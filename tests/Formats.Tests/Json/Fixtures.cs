namespace Transfuse.Formats.Tests.Json;

/// <summary>Finds the recorded adapters by walking up to the solution.</summary>
internal static class Fixtures
{
    public static string Root { get; } = Find();

    public static IEnumerable<string> Configs(string dialect) => Directory
        .EnumerateDirectories(Root)
        .Select(folder => Path.Combine(folder, dialect, "adapter_config.json"))
        .Where(File.Exists)
        .Order(StringComparer.Ordinal);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Conversion.sln")))
            {
                return Path.Combine(folder.FullName, "tests", "fixtures");
            }
        }

        throw new DirectoryNotFoundException("Conversion.sln is not above the test assembly.");
    }
}
