using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>Weights in the live layout of transformers 5 with the config that says how to use them.</summary>
internal sealed class ModelWeights(JsonElement config, IReadOnlyDictionary<string, DenseArray> weights)
{
    public JsonElement Config => config;

    public string ModelType { get; } = config.GetText("model_type")!;

    public DenseArray this[string name] => weights[name];

    public DenseArray? Find(string name) => weights.GetValueOrDefault(name);

    public int Integer(string name, int otherwise = 0) => (int)config.GetNumber(name, otherwise);

    public double Epsilon => config.GetNumber("rms_norm_eps", 1e-6);

    /// <summary>A Linear by module path, with its bias where it has one.</summary>
    public double[][] Linear(double[][] x, string module) => Layers.Linear(x, this[module + ".weight"], Find(module + ".bias"));

    public double[][] Norm(double[][] x, string module) =>
        [.. x.Select(row => Layers.RmsNorm(row, this[module + ".weight"], Epsilon, ModelType == "gemma3_text" ? 1 : 0))];

    /// <summary>Rotary base of a layer, in either generation's spelling.</summary>
    public double RopeTheta(int layer)
    {
        JsonElement rope = config.Get("rope_parameters") ?? config;
        return rope.Get(LayerType(layer)) is { } own ? own.GetNumber("rope_theta", 10000) : rope.GetNumber("rope_theta", 10000);
    }

    public bool Slides(int layer) => LayerType(layer) == "sliding_attention";

    private string LayerType(int layer) => config.GetStrings("layer_types") is { } types ? types[layer] : "full_attention";
}
