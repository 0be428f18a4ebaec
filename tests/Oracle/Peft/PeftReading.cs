using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>What a PEFT adapter does to its base.</summary>
public sealed class PeftReading
{
    public required JsonElement Config { get; init; }

    /// <summary>By parameter path, in the layout of the parameter where the base is known.</summary>
    public required IReadOnlyDictionary<string, OracleDelta> Deltas { get; init; }

    /// <summary>Tensors that replace base parameters: modules_to_save, saved embeddings, biases.</summary>
    public required IReadOnlyDictionary<string, DenseArray> Replacements { get; init; }

    /// <summary>Rows that replace rows of an embedding, by parameter path, in the order of <c>trainable_token_indices</c>.</summary>
    public required IReadOnlyDictionary<string, DenseArray> TokenRows { get; init; }

    /// <summary>scale * lora_B.bias, by the path of the bias.</summary>
    public required IReadOnlyDictionary<string, DenseArray> BiasDeltas { get; init; }

    /// <summary>Tensors that none of the above explains.</summary>
    public required IReadOnlyList<string> Unread { get; init; }

    /// <summary>Plain deltas by parameter path, without magnitudes.</summary>
    public IReadOnlyDictionary<string, DenseArray> DeltaArrays =>
        Deltas.ToDictionary(d => d.Key, d => d.Value.Delta, StringComparer.Ordinal);

    /// <summary>All weights of the base with the adapter merged; a tied head gets a weight of its own.</summary>
    public Dictionary<string, DenseArray> MergeInto(IReadOnlyDictionary<string, DenseArray> weights)
    {
        Dictionary<string, DenseArray> merged = TiedHead.Untie(weights);
        foreach ((string path, DenseArray value) in Replacements)
        {
            merged[path] = value;
        }

        foreach ((string path, OracleDelta delta) in Deltas)
        {
            merged[path] = delta.ApplyTo(merged[path]);
        }

        foreach ((string path, DenseArray bias) in BiasDeltas)
        {
            merged[path] = merged.TryGetValue(path, out DenseArray? old) ? Dense.Add(old, bias) : bias;
        }

        foreach ((string path, DenseArray rows) in TokenRows)
        {
            DenseArray table = new(merged[path].Shape, [.. merged[path].Values]);
            long[] tokens = [.. Config.GetProperty("trainable_token_indices").EnumerateArray().Select(t => t.GetInt64())];
            for (int i = 0; i < tokens.Length; i++)
            {
                Dense.SetRows(table, Dense.Rows(rows, i, 1, 1), tokens[i], 1);
            }

            merged[path] = table;
        }

        return merged;
    }
}
