using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>mlx-lm 0.32.0's load_adapters (tuner/utils.py).</summary>
public static class MlxLmLoader
{
    public static ReaderReport Load(string folder, MlxBase mlxBase) => ReaderReport.Of(report => Load(folder, mlxBase, report));

    internal static void Load(string folder, MlxBase mlxBase, ReaderReport report)
    {
        JsonElement config = MlxFolder.ReadConfig(folder);
        string type = config.GetText("fine_tune_type") ?? "lora";
        IReadOnlyDictionary<string, WrappedModule> wrapped = new Dictionary<string, WrappedModule>();
        if (type != "full")
        {
            wrapped = MlxLmWrapping.Wrap(mlxBase, Attribute(config, "num_layers"), Attribute(config, "lora_parameters"), type == "dora");
        }

        IReadOnlyDictionary<string, OracleTensor> tensors = MlxFolder.ReadWeights(folder);
        Dictionary<string, long[]> allowed = type == "full"
            ? mlxBase.Weights.ToDictionary(w => w.Key, w => w.Value.Shape, StringComparer.Ordinal)
            : wrapped.Values.SelectMany(w => w.Shapes.Select(s => (Name: $"{w.Path}.{s.Key}", Shape: s.Value)))
                .ToDictionary(p => p.Name, p => p.Shape, StringComparer.Ordinal);
        foreach (OracleTensor tensor in tensors.Values)
        {
            if (!allowed.TryGetValue(tensor.Name, out long[]? shape))
            {
                report.Error($"ValueError: {tensor.Name}: not an adapter parameter in the model");
            }
            else if (!tensor.Shape.AsSpan().SequenceEqual(shape))
            {
                report.Error(
                    $"ValueError: {tensor.Name}: adapter shape [{string.Join(", ", tensor.Shape)}] does not match model parameter shape "
                    + $"[{string.Join(", ", shape)}]");
            }
            else if (type == "full")
            {
                report.Replace(tensor.Name, tensor.ToArray());
            }
        }

        if (report.Loads)
        {
            WrappedModule.Bind(wrapped.Values, MlxFolder.Arrays(tensors), mlxBase, report);
        }
    }

    private static JsonElement Attribute(JsonElement config, string name) =>
        config.TryGetProperty(name, out JsonElement value) ? value : throw new ReaderException($"AttributeError: no attribute {name}");
}
