using System.Collections.Concurrent;
using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>A base model as MLX holds it after sanitize: modules with their kinds and shapes.</summary>
public sealed class MlxBase
{
    private static readonly ConcurrentDictionary<string, MlxBase> FixtureBases = new(StringComparer.Ordinal);

    private readonly IReadOnlyDictionary<string, DenseArray>? _weights;
    private readonly Dictionary<string, MlxModule> _byPath;

    public MlxBase(
        string modelType,
        string layersRoot,
        int layers,
        IEnumerable<MlxModule> modules,
        JsonElement config = default,
        IReadOnlyDictionary<string, DenseArray>? weights = null)
    {
        ModelType = modelType;
        LayersRoot = layersRoot;
        Layers = layers;
        Modules = [.. modules];
        Config = config;
        _weights = weights;
        _byPath = Modules.ToDictionary(m => m.Path, StringComparer.Ordinal);
    }

    public string ModelType { get; }

    /// <summary>Path of the list of decoder blocks, such as <c>model.layers</c>.</summary>
    public string LayersRoot { get; }

    /// <summary>Number of decoder blocks.</summary>
    public int Layers { get; }

    public IReadOnlyList<MlxModule> Modules { get; }

    public JsonElement Config { get; }

    public bool Quantized => Config.Get("quantization") is not null;

    /// <summary>Weights by parameter name, dequantized. The arrays are shared: do not change them.</summary>
    public IReadOnlyDictionary<string, DenseArray> Weights =>
        _weights ?? throw new InvalidOperationException("this base has no files");

    /// <summary>A base in tests/fixtures/bases-mlx, or made from tests/fixtures/bases where MLX has no other form of it.</summary>
    public static MlxBase Fixture(string name) => FixtureBases.GetOrAdd(name, LoadFixture);

    public static MlxBase Load(string folder)
    {
        JsonElement config = OracleJson.Read(Path.Combine(folder, "config.json"));
        return FromWeights(
            config.GetText("model_type")!,
            config,
            MlxQuantization.Dequantize(OracleSafetensors.Read(Path.Combine(folder, "model.safetensors")), config));
    }

    public MlxModule? Find(string path) => _byPath.GetValueOrDefault(path);

    /// <summary>True for the name of a base parameter, such as <c>model.norm.weight</c>.</summary>
    public bool IsParameter(string name) =>
        _weights?.ContainsKey(name) ?? Modules.Any(m => m.Path + ".weight" == name);

    /// <summary>A module's weight, or null for a base without files.</summary>
    public DenseArray? WeightOf(string path) => _weights?.GetValueOrDefault(path + ".weight");

    public bool IsEmbedding(string path) => Find(path)?.Kind == MlxModuleKind.Embedding;

    /// <summary>True for a path that is a prefix of module paths, such as <c>model.layers.0.self_attn</c>.</summary>
    public bool IsContainer(string path) =>
        path.Length == 0 || Modules.Any(m => m.Path.StartsWith(path + ".", StringComparison.Ordinal));

    /// <summary>Modules below one decoder block.</summary>
    public IEnumerable<MlxModule> Block(int index) =>
        Modules.Where(m => m.Path.StartsWith(BlockPath(index) + ".", StringComparison.Ordinal));

    public string BlockPath(int index) => $"{LayersRoot}.{index}";

    /// <summary>The same model below another root, as mlx-vlm holds a language model.</summary>
    public MlxBase WithPrefix(string prefix) => new(
        ModelType,
        prefix + LayersRoot,
        Layers,
        Modules.Select(m => m with { Path = prefix + m.Path }),
        Config,
        _weights?.ToDictionary(w => prefix + w.Key, w => w.Value, StringComparer.Ordinal));

    private static MlxBase LoadFixture(string name)
    {
        string folder = Fixtures.MlxBaseFolder(name);
        if (Directory.Exists(folder))
        {
            return Load(folder);
        }

        return Of(HfBase.Fixture(name));
    }

    /// <summary>The base that mlx-lm makes of one of transformers.</summary>
    public static MlxBase Of(HfBase hf)
    {
        HubResult mapped = new HubMapping(hf.ModelType, hf.Experts).ToMlx(hf.Weights);
        return FromWeights(hf.ModelType, hf.Config, mapped.Deltas.ToDictionary(m => m.Key + ".weight", m => m.Value, StringComparer.Ordinal));
    }

    private static MlxBase FromWeights(string modelType, JsonElement config, IReadOnlyDictionary<string, DenseArray> weights)
    {
        string root = modelType == "gpt2" ? "model.h" : "model.layers";
        int layers = (int)config.GetNumber("num_hidden_layers", config.GetNumber("n_layer", 0));
        IEnumerable<MlxModule> modules = weights
            .Where(w => w.Key.EndsWith(".weight", StringComparison.Ordinal))
            .Select(w => new MlxModule(w.Key[..^".weight".Length], KindOf(modelType, w.Key[..^".weight".Length], w.Value), w.Value.Shape));
        return new MlxBase(modelType, root, layers, modules, config, weights);
    }

    private static MlxModuleKind KindOf(string modelType, string path, DenseArray weight)
    {
        string leaf = path[(path.LastIndexOf('.') + 1)..];
        return leaf switch
        {
            "embed_tokens" or "wte" or "wpe" => MlxModuleKind.Embedding,
            "embed_q" or "unembed_out" => MlxModuleKind.MultiLinear,
            "gate" when modelType == "deepseek_v3" => MlxModuleKind.Other,
            _ => weight.Rank switch { 2 => MlxModuleKind.Linear, 3 => MlxModuleKind.SwitchLinear, _ => MlxModuleKind.Other },
        };
    }
}
