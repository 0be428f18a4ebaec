using System.Text;
using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Tests;

/// <summary>Finds recorded files by walking up to the solution.</summary>
internal static class Fixtures
{
    public static string Tests { get; } = Find();

    public static string Root { get; } = Path.Combine(Tests, "fixtures");

    public static JsonValue Json(params string[] path)
    {
        string file = Path.Combine([Tests, .. path]);
        return PythonJson.Parse(File.ReadAllBytes(file), file);
    }

    public static JsonObject Parse(string json) => (JsonObject)PythonJson.Parse(Encoding.UTF8.GetBytes(json), "adapter_config.json");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Conversion.sln")))
            {
                return Path.Combine(folder.FullName, "tests");
            }
        }

        throw new DirectoryNotFoundException("Conversion.sln is not above the test assembly.");
    }
}
