using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>One recorded adapter with its reference logits and deltas.</summary>
public sealed class FixtureCase
{
    private IReadOnlyDictionary<string, OracleTensor>? _expected;

    private FixtureCase(string folder, JsonElement json)
    {
        Folder = folder;
        Json = json;
    }

    public string Folder { get; }

    public JsonElement Json { get; }

    public string Name => Path.GetFileName(Folder);

    public bool IsPeft => Directory.Exists(Path.Combine(Folder, "peft"));

    /// <summary>The folder that holds adapter_config.json, one level down for an adapter with a name.</summary>
    public string AdapterFolder
    {
        get
        {
            string folder = Path.Combine(Folder, IsPeft ? "peft" : "mlx");
            return Directory.EnumerateFiles(folder).Any() ? folder : Directory.EnumerateDirectories(folder).Single();
        }
    }

    /// <summary>Name of the base below bases or bases-mlx, such as <c>llama</c> or <c>llama-q4</c>.</summary>
    public string Base => Path.GetFileName(Json.GetText("base")!);

    /// <summary>Architecture of the base: its name without the quantization.</summary>
    public string Architecture => Base.Split('-')[0];

    public string BaseFolder => IsPeft ? Fixtures.HfBaseFolder(Base) : Fixtures.MlxBaseFolder(Base);

    /// <summary>Dtype that the case was computed in, as torch names it without its prefix.</summary>
    public string ComputeDType => (Json.GetText("dtype") ?? "torch.float32").Replace("torch.", "", StringComparison.Ordinal);

    public string PeftType => Json.GetText("peft_type") ?? "";

    public IReadOnlyDictionary<string, OracleTensor> Expected =>
        _expected ??= OracleSafetensors.Read(Path.Combine(Folder, "expected.safetensors"));

    /// <summary>Recorded change of each base parameter, by parameter path; only layer 1 and what lies outside the layers.</summary>
    public IReadOnlyDictionary<string, DenseArray> ExpectedDeltas =>
        Expected.Where(t => t.Key.StartsWith("delta.", StringComparison.Ordinal))
            .ToDictionary(t => t.Key["delta.".Length..], t => t.Value.ToArray(), StringComparer.Ordinal);

    public int[][] InputIds
    {
        get
        {
            OracleTensor ids = Expected["input_ids"];
            int tokens = (int)ids.Shape[1];
            return [.. Enumerable.Range(0, (int)ids.Shape[0]).Select(b => ids.Values.Skip(b * tokens).Take(tokens).Select(v => (int)v).ToArray())];
        }
    }

    public static FixtureCase Read(string folder) => new(folder, OracleJson.Read(Path.Combine(folder, "case.json")));

    public override string ToString() => Name;
}
