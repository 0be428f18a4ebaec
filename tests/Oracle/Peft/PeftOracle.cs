using System.Text.Json;
using System.Text.RegularExpressions;

namespace Transfuse.Oracle;

/// <summary>The meaning of a PEFT LoRA adapter by PEFT's own rules, read tensor by tensor.</summary>
public static class PeftOracle
{
    private const string Prefix = "base_model.model.";

    private static readonly Regex Factor = new(@"^(.*)\.(?:lora_(A|B)(?:\.default)?\.weight|lora_embedding_(A|B)(?:\.default)?)$");

    /// <summary>Reads the folder that holds adapter_config.json. Packed experts and Conv1D weights need the base.</summary>
    public static PeftReading Read(string folder, HfBase? hfBase = null) =>
        Read(OracleJson.Read(Path.Combine(folder, "adapter_config.json")), PeftFiles.ReadTensors(folder), hfBase);

    public static PeftReading Read(JsonElement config, IReadOnlyDictionary<string, OracleTensor> tensors, HfBase? hfBase)
    {
        Dictionary<string, DenseArray> a = new(StringComparer.Ordinal);
        Dictionary<string, DenseArray> b = new(StringComparer.Ordinal);
        HashSet<string> embeddings = new(StringComparer.Ordinal);
        Dictionary<string, DenseArray> magnitudes = new(StringComparer.Ordinal);
        Dictionary<string, DenseArray> biases = new(StringComparer.Ordinal);
        Dictionary<string, DenseArray> replacements = new(StringComparer.Ordinal);
        Dictionary<string, DenseArray> tokenRows = new(StringComparer.Ordinal);
        List<string> unread = [];
        foreach (OracleTensor tensor in tensors.Values)
        {
            if (!tensor.Name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                unread.Add(tensor.Name);
                continue;
            }

            string name = tensor.Name[Prefix.Length..];
            Match factor = Factor.Match(name);
            if (factor.Success)
            {
                bool isA = factor.Groups[2].Value == "A" || factor.Groups[3].Value == "A";
                (isA ? a : b)[factor.Groups[1].Value] = tensor.ToArray();
                if (factor.Groups[3].Success)
                {
                    embeddings.Add(factor.Groups[1].Value);
                }
            }
            else if (Module(name, ".lora_magnitude_vector") is { } dora)
            {
                magnitudes[dora] = tensor.ToArray();
            }
            else if (Module(name, ".lora_magnitude_vector.weight") is { } doraWeight)
            {
                magnitudes[doraWeight] = tensor.ToArray();
            }
            else if (Module(name, ".lora_B.bias") is { } biased)
            {
                biases[biased] = tensor.ToArray();
            }
            else if (Module(name, ".token_adapter.trainable_tokens_delta") is { } tokens)
            {
                tokenRows[tokens + ".weight"] = tensor.ToArray();
            }
            else if (name.EndsWith(".weight", StringComparison.Ordinal) || name.EndsWith(".bias", StringComparison.Ordinal))
            {
                replacements[name.Replace(".base_layer.", ".", StringComparison.Ordinal)] = tensor.ToArray();
            }
            else
            {
                unread.Add(tensor.Name);
            }
        }

        unread.AddRange(a.Keys.Concat(b.Keys).Where(m => !a.ContainsKey(m) || !b.ContainsKey(m)).Select(m => $"half pair {m}"));
        Dictionary<string, OracleDelta> deltas = new(StringComparer.Ordinal);
        Dictionary<string, DenseArray> biasDeltas = new(StringComparer.Ordinal);
        foreach (string module in a.Keys.Where(b.ContainsKey))
        {
            OracleDelta delta = embeddings.Contains(module)
                ? PeftFactors.Embedding(config, module, a[module], b[module])
                : PeftFactors.Parameter(config, module, a[module], b[module], hfBase);
            deltas.Add(delta.Path, delta with { Magnitude = magnitudes.GetValueOrDefault(module) });
            if (biases.TryGetValue(module, out DenseArray? bias))
            {
                biasDeltas[module + ".bias"] = Dense.Scale(bias, delta.Scale);
            }
        }

        return new PeftReading
        {
            Config = config,
            Deltas = deltas,
            Replacements = replacements,
            TokenRows = tokenRows,
            BiasDeltas = biasDeltas,
            Unread = unread,
        };
    }

    private static string? Module(string name, string ending) =>
        name.EndsWith(ending, StringComparison.Ordinal) ? name[..^ending.Length] : null;
}
