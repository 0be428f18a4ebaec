using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Support;

/// <summary>Folders in the state in which people have them (tests/fixtures/field/README.md).</summary>
internal static class FieldFolder
{
    private static readonly string Root = Path.Combine(Fixtures.Root, "field");

    /// <summary>The folder that the user has.</summary>
    public static string In(string name, string inner = "") => Path.Combine(Root, name, "in", inner);

    /// <summary>A damaged folder, with a NOTE beside it.</summary>
    public static string Damaged(string name, string inner) => Path.Combine(Root, "damage", name, inner);

    /// <summary>The base of a case: its own, else a recorded one.</summary>
    public static string Base(string name) => Directory.Exists(Path.Combine(Root, name, "base")) ? Path.Combine(Root, name, "base") : name switch
    {
        "grouped_experts" => Fixtures.HfBaseFolder("qwen3_moe"),
        "mlx_base_tensors" => Fixtures.MlxBaseFolder("llama"),
        _ => Fixtures.HfBaseFolder("llama"),
    };

    /// <summary>Every folder with a config, with the base that it is for.</summary>
    public static IEnumerable<(string Name, string Folder, string Base)> All() =>
        from config in Directory.EnumerateFiles(Root, "adapter_config.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        let folder = Path.GetDirectoryName(config)!
        let name = Path.GetRelativePath(Root, folder)
        let parts = name.Split(Path.DirectorySeparatorChar)
        select (name, folder, parts[0] == "damage" ? DamagedBase(parts[1]) : Base(parts[0]));

    private static string DamagedBase(string name) => Fixtures.MlxBaseFolder(name switch
    {
        "10-holes-unsaid" => "llama-q4",
        "05-check-dora-quantized" => "llama-q8",
        _ => "llama",
    });
}
