using System.Collections.Concurrent;
using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>A base model as transformers 5 holds it: parameters with their shapes, in the order in which modules register them.</summary>
public sealed class HfBase
{
    private static readonly ConcurrentDictionary<string, HfBase> FixtureBases = new(StringComparer.Ordinal);

    private readonly IReadOnlyDictionary<string, DenseArray>? _weights;
    private readonly Dictionary<string, HfParameter> _byPath;

    /// <summary>A base known by its parameters, with or without its weights (in the layout of transformers 5).</summary>
    public HfBase(
        string modelType, IEnumerable<HfParameter> parameters, JsonElement config = default, IReadOnlyDictionary<string, DenseArray>? weights = null)
    {
        ModelType = modelType;
        Parameters = [.. parameters];
        Config = config;
        _weights = weights;
        WithHead = Tied && TiedHead.Embedding(Parameters.Select(p => p.Path)) is { } embedding
            ? [.. Parameters, new HfParameter(TiedHead.Head, Parameters.Single(p => p.Path == embedding).Shape, HfModuleKind.Linear)]
            : Parameters;
        _byPath = WithHead.ToDictionary(p => p.Path, StringComparer.Ordinal);
    }

    public string ModelType { get; }

    public JsonElement Config { get; }

    public IReadOnlyList<HfParameter> Parameters { get; }

    /// <summary>The parameters by the paths of their modules, so that a tied head is there as well.</summary>
    public IReadOnlyList<HfParameter> WithHead { get; }

    /// <summary>True where the experts class has PEFT's <c>is_transposed</c>: parameters are (E, in, out).</summary>
    public bool ExpertsTransposed => ModelType == "gpt_oss";

    /// <summary>Number of experts, or 0.</summary>
    public long Experts => Parameters.FirstOrDefault(p => p.Shape.Length == 3)?.Shape[0] ?? 0;

    public bool Tied => !Parameters.Any(p => p.Path == TiedHead.Head);

    /// <summary>Number of decoder blocks.</summary>
    public int Layers => Config.ValueKind == JsonValueKind.Object
        ? (int)Config.GetNumber("num_hidden_layers", Config.GetNumber("n_layer", 0))
        : 1 + Parameters.Select(p => HfRuntimeLayout.LayerIndex(p.Path)).DefaultIfEmpty(-1).Max();

    /// <summary>False for a base made of shapes alone.</summary>
    public bool HasWeights => _weights is not null;

    /// <summary>All weights in the live layout of transformers 5. The arrays are shared: do not change them.</summary>
    public IReadOnlyDictionary<string, DenseArray> Weights =>
        _weights ?? throw new InvalidOperationException("this base has no weights");

    /// <summary>One of the bases in tests/fixtures/bases.</summary>
    public static HfBase Fixture(string architecture) => FixtureBases.GetOrAdd(architecture, name => Load(Oracle.Fixtures.HfBaseFolder(name)));

    public static HfBase Load(string folder)
    {
        JsonElement config = OracleJson.Read(Path.Combine(folder, "config.json"));
        string modelType = config.GetText("model_type")!;
        IReadOnlyDictionary<string, DenseArray> weights = ReadRuntime(modelType, folder);
        return new HfBase(
            modelType,
            weights.Select(w => new HfParameter(w.Key, w.Value.Shape, HfRuntimeLayout.KindOf(modelType, w.Key))),
            config,
            weights);
    }

    /// <summary>A parameter by path; the head of a tied model is a Linear with the weight of the embedding.</summary>
    public HfParameter? Find(string path) => _byPath.GetValueOrDefault(path);

    private static IReadOnlyDictionary<string, DenseArray> ReadRuntime(string modelType, string folder) =>
        HfRuntimeLayout.FromCheckpoint(
            modelType,
            OracleSafetensors.Read(Path.Combine(folder, "model.safetensors")).ToDictionary(t => t.Key, t => t.Value.ToArray(), StringComparer.Ordinal));
}
