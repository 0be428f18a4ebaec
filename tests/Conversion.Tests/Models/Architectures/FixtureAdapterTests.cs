using System.Text.Json;
using System.Text.RegularExpressions;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>Every key of the adapters that PEFT and mlx-lm wrote is understood, and its shapes are those of the base weights that it leads to.</summary>
public partial class FixtureAdapterTests
{
    private static readonly string[] Unmapped = ["self_attn.kv_b_proj"];

    public static TheoryData<string> Peft => [.. Folders("peft").Where(name => Base(name) is not null)];

    public static TheoryData<string> Mlx => [.. Folders("mlx").Where(name => name.StartsWith("mlx_", StringComparison.Ordinal) && name != "mlx_llama_full")];

    [Fact]
    public void There_are_as_many_adapters_as_the_fixtures_hold()
    {
        Assert.Equal(36, Peft.Count);
        Assert.Equal(15, Mlx.Count);
    }

    [Theory]
    [MemberData(nameof(Peft))]
    public void Keys_of_peft_are_mapped(string name)
    {
        ArchitectureMap map = MapOf(Base(name)!);
        string[] paths =
            [.. Keys(
                Path.Combine(Fixtures.Root, name, "peft", "adapter_model.safetensors")).Select(key =>
                    PeftKey().Match(key)).Where(match => match.Success).Select(match => match.Groups[1].Value).Distinct()];
        string[] targets = TargetParameters(name);
        foreach (string path in paths)
        {
            string owner = path.Replace(".base_layer", "", StringComparison.Ordinal);
            int wrappers = paths.Count(other => other.Replace(".base_layer", "", StringComparison.Ordinal) == owner);
            string[] parameters = [.. map.PackedParametersOf(path, wrappers, targets.Length == 0 ? null : targets)];
            MlxMapping mapping = map.MapToMlx(parameters.Length == 0 ? path : Assert.Single(parameters));
            Assert.True(
                mapping.Finding is null || (mapping.Finding.Code.Id == "TF4011" && Unmapped.Any(end => path.EndsWith(end, StringComparison.Ordinal))),
                mapping.Finding?.ToString());
            if (parameters.Length == 1)
            {
                Assert.Equal(HfForm.Packed, mapping.Form);
                Assert.NotNull(mapping.Packed!.In);
                Assert.NotNull(mapping.Packed.Out);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Mlx))]
    public void Modules_of_mlx_are_mapped(string name)
    {
        ArchitectureMap map = MapOf(Base(name)!);
        string[] paths = [.. Keys(Path.Combine(Fixtures.Root, name, "mlx", "adapters.safetensors")).Select(key => key[..key.LastIndexOf('.')]).Distinct()];
        Assert.NotEmpty(paths);
        foreach (string path in paths)
        {
            HfMapping mapping = map.MapToHuggingFace(path, HfLayout.Transformers5);
            Assert.Null(mapping.Finding);
            Assert.Contains(path, mapping.Partners);
        }
    }

    [GeneratedRegex(@"^base_model\.model\.(.+)\.lora_(?:embedding_)?[AB](?:\.weight)?$")]
    private static partial Regex PeftKey();

    private static IEnumerable<string> Folders(string dialect) => Directory.GetDirectories(Fixtures.Root)
        .Where(folder => File.Exists(Path.Combine(folder, dialect, dialect == "peft" ? "adapter_model.safetensors" : "adapters.safetensors")))
        .Select(folder => Path.GetFileName(folder)!)
        .Order(StringComparer.Ordinal);

    private static string? Base(string name)
    {
        string path = Path.Combine(Fixtures.Root, name, "case.json");
        if (!File.Exists(path))
        {
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        return document.RootElement.TryGetProperty("base", out JsonElement value) ? value.GetString()!.Split('/')[^1].Split('-')[0] : null;
    }

    private static string[] TargetParameters(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Fixtures.Root, name, "peft", "adapter_config.json")));
        return document.RootElement.TryGetProperty("target_parameters", out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
            : [];
    }

    private static ArchitectureMap MapOf(string name)
    {
        BaseConfig config = new(JsonTree.Parse(File.ReadAllText(Path.Combine(Fixtures.Root, "bases", name, "config.json"))));
        return new ArchitectureMap(ArchitectureTable.Default.Find(config.ModelType!)!, config);
    }

    private static string[] Keys(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, (int)BitConverter.ToUInt64(bytes)));
        return [.. header.RootElement.EnumerateObject().Select(item => item.Name).Where(item => item != "__metadata__")];
    }
}
