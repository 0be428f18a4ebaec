using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>The meaning of an MLX adapter (mlx-lm 0.32.0, and the older forms of its tensors), read tensor by tensor.</summary>
public static class MlxOracle
{
    private static readonly string[] Leaves = ["lora_a", "lora_b", "m", "A", "B"];

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">With adapter_config.json, unless the scale is given.</param>
    /// <param name="isEmbedding">Says which module paths are embeddings; none where null.</param>
    /// <param name="scale">Overrules the config; needed where the config does not say it unambiguously.</param>
    public static MlxReading Read(string folder, Func<string, bool>? isEmbedding = null, double? scale = null)
    {
        string config = Path.Combine(folder, "adapter_config.json");
        return Read(File.Exists(config) ? OracleJson.Read(config) : default, MlxFiles.ReadTensors(folder), isEmbedding, scale);
    }

    public static MlxReading Read(
        JsonElement config, IReadOnlyDictionary<string, OracleTensor> tensors, Func<string, bool>? isEmbedding = null, double? scale = null)
    {
        Dictionary<string, Dictionary<string, DenseArray>> modules = new(StringComparer.Ordinal);
        Dictionary<string, DenseArray> weights = new(StringComparer.Ordinal);
        foreach (OracleTensor tensor in tensors.Values)
        {
            int dot = tensor.Name.LastIndexOf('.');
            string leaf = tensor.Name[(dot + 1)..];
            if (dot < 0 || !Leaves.Contains(leaf))
            {
                weights[tensor.Name] = tensor.ToArray();
                continue;
            }

            if (!modules.TryGetValue(tensor.Name[..dot], out Dictionary<string, DenseArray>? parts))
            {
                modules[tensor.Name[..dot]] = parts = [];
            }

            parts[leaf switch { "A" => "lora_a", "B" => "lora_b", _ => leaf }] = tensor.ToArray();
        }

        Dictionary<string, OracleDelta> deltas = new(StringComparer.Ordinal);
        List<string> unread = [];
        foreach ((string module, Dictionary<string, DenseArray> parts) in modules)
        {
            if (!parts.TryGetValue("lora_a", out DenseArray? a) || !parts.TryGetValue("lora_b", out DenseArray? b))
            {
                unread.Add(module);
                continue;
            }

            deltas.Add(module, Delta(module, a, b, scale ?? MlxScale.Of(config), isEmbedding?.Invoke(module) ?? false) with
            {
                Magnitude = parts.GetValueOrDefault("m"),
            });
        }

        return new MlxReading { Config = config, Deltas = deltas, Weights = weights, Unread = unread };
    }

    /// <summary>One pair of factors: lora_a (in, r) and lora_b (r, out); (E, r, in), or (E r, in) up to 0.28.2, and (E, out, r) for experts.</summary>
    public static OracleDelta Delta(string module, DenseArray a, DenseArray b, double scale, bool isEmbedding)
    {
        if (b.Rank != 3)
        {
            DenseArray product = Dense.Multiply(a, b);
            return new OracleDelta(module, Dense.Scale(isEmbedding ? product : Dense.Transpose(product), scale), a.Shape[1], scale);
        }

        long rank = b.Shape[2];
        DenseArray stacked = a.Rank == 2 ? Dense.Reshape(a, b.Shape[0], rank, a.Shape[1]) : a;
        DenseArray[] experts = [.. Enumerable.Range(0, (int)b.Shape[0])
            .Select(e => Dense.Scale(Dense.Multiply(Dense.Expert(b, e), Dense.Expert(stacked, e)), scale))];
        return new OracleDelta(module, Dense.Stack(experts), rank, scale);
    }
}
