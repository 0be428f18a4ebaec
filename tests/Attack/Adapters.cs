using System.Text.Json.Nodes;

namespace Transfuse.Attack;

/// <summary>Adapters of the fixtures that the campaigns begin with.</summary>
public static class Adapters
{
    private const string Root = "tests/fixtures";

    /// <summary>Folders of both dialects that are small enough to be run thousands of times.</summary>
    public static IReadOnlyList<string> Small { get; } =
        [.. Directory.EnumerateDirectories(Root).SelectMany(Directory.EnumerateDirectories)
            .Where(folder => Path.GetFileName(folder) is "peft" or "mlx" && Size(folder) < 400_000).Order(StringComparer.Ordinal)];

    /// <summary>The Hugging Face base of most fixtures.</summary>
    public static string Base => $"{Root}/bases/llama";

    /// <summary>The base that the adapter's case names, in either layout; <see cref="Base"/> where it names none.</summary>
    public static string BaseOf(string folder)
    {
        string record = Path.Combine(Path.GetDirectoryName(folder)!, "case.json");
        string? name = File.Exists(record) ? JsonNode.Parse(File.ReadAllText(record))?["base"]?.GetValue<string>() : null;
        return new[] { $"{Root}/{name}", $"{Root}/bases/{name}" }.FirstOrDefault(path => name is not null && Directory.Exists(path)) ?? Base;
    }

    /// <summary>Whether the folder is PEFT's.</summary>
    public static bool IsPeft(string folder) => Path.GetFileName(folder) == "peft";

    /// <summary>A PEFT adapter of <see cref="Base"/>.</summary>
    public static string Whole => $"{Root}/llama_all_linear/peft";

    /// <summary>An old MLX adapter that a repair rewrites.</summary>
    public static string Old => $"{Root}/legacy_switch_2d/mlx";

    /// <summary>Copies a folder with all that it holds.</summary>
    public static string Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }

        return to;
    }

    /// <summary>Names and bytes of all files but the originals that a repair keeps.</summary>
    public static string Contents(string folder) =>
        string.Join(' ', Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => !path.EndsWith(".orig", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).Select(path =>
                $"{Path.GetRelativePath(folder, path)}={Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}"));

    /// <summary>Names in a folder, in order.</summary>
    public static IReadOnlyList<string> Names(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static long Size(string folder) => new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length);
}
