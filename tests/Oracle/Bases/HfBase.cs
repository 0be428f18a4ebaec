using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>A base model as transformers 5 holds it: parameters with their shapes, in the order in which modules register them.</summary>
public sealed class HfBase
{
    private readonly string? _folder;

    /// <summary>A base known by its parameters alone.</summary>
    public HfBase(string modelType, IEnumerable<HfParameter> parameters, JsonElement config = default, string? folder = null)
    {
        ModelType = modelType;
        Parameters = [.. parameters];
        Config = config;
        _folder = folder;
    }

    public string ModelType { get; }

    public JsonElement Config { get; }

    public IReadOnlyList<HfParameter> Parameters { get; }

    /// <summary>True where the experts class has PEFT's <c>is_transposed</c>: parameters are (E, in, out).</summary>
    public bool ExpertsTransposed => ModelType == "gpt_oss";

    /// <summary>Number of experts, or 0.</summary>
    public long Experts => Parameters.FirstOrDefault(p => p.Shape.Length == 3)?.Shape[0] ?? 0;

    public bool Tied => !Parameters.Any(p => p.Path == "lm_head.weight");

    /// <summary>Number of decoder blocks.</summary>
    public int Layers => Config.ValueKind == JsonValueKind.Object
        ? (int)Config.GetNumber("num_hidden_layers", Config.GetNumber("n_layer", 0))
        : 1 + Parameters.Select(p => HfRuntimeLayout.LayerIndex(p.Path)).DefaultIfEmpty(-1).Max();

    /// <summary>False for a base made of shapes alone.</summary>
    public bool HasFiles => _folder is not null;

    /// <summary>One of the bases in tests/fixtures/bases.</summary>
    public static HfBase Fixture(string architecture) => Load(Oracle.Fixtures.HfBaseFolder(architecture));

    public static HfBase Load(string folder)
    {
        JsonElement config = OracleJson.Read(Path.Combine(folder, "config.json"));
        string modelType = config.GetText("model_type")!;
        IReadOnlyDictionary<string, DenseArray> weights = ReadRuntime(modelType, folder);
        return new HfBase(
            modelType,
            weights.Select(w => new HfParameter(w.Key, w.Value.Shape, HfRuntimeLayout.KindOf(modelType, w.Key))),
            config,
            folder);
    }

    public HfParameter? Find(string path) => Parameters.FirstOrDefault(p => p.Path == path);

    /// <summary>All weights in the live layout of transformers 5.</summary>
    public IReadOnlyDictionary<string, DenseArray> ReadWeights() =>
        ReadRuntime(ModelType, _folder ?? throw new InvalidOperationException("this base has no files"));

    private static IReadOnlyDictionary<string, DenseArray> ReadRuntime(string modelType, string folder) =>
        HfRuntimeLayout.FromCheckpoint(
            modelType,
            OracleSafetensors.Read(Path.Combine(folder, "model.safetensors")).ToDictionary(t => t.Key, t => t.Value.ToArray(), StringComparer.Ordinal));
}
