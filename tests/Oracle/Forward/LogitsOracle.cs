namespace Transfuse.Oracle;

/// <summary>Logits of a base with an adapter, for adapters in either format: the whole chain from folder to logits with no code of the product.</summary>
public static class LogitsOracle
{
    public static DenseArray OfBase(HfBase hfBase, int[][] inputIds) =>
        CausalLmOracle.Logits(hfBase.Config, hfBase.Weights, inputIds);

    public static DenseArray OfBase(MlxBase mlxBase, int[][] inputIds) => OfMlx(mlxBase, [], [], inputIds);

    /// <summary>A PEFT folder on its base; adapters with one Linear per expert are packed first.</summary>
    public static DenseArray OfPeft(string folder, HfBase hfBase, int[][] inputIds)
    {
        PeftReading reading = PeftOracle.Read(folder, hfBase);
        List<string> perExpert = [.. reading.Deltas.Keys.Where(p => hfBase.Find(p) is null)];
        if (perExpert.Count == 0)
        {
            return CausalLmOracle.Logits(hfBase.Config, reading.MergeInto(hfBase.Weights), inputIds);
        }

        HubMapping hub = new(hfBase.ModelType, hfBase.Experts);
        return OfParameters(hfBase, hub.ToHf(hub.ToMlx(reading.DeltaArrays).Deltas).Deltas, inputIds);
    }

    /// <summary>Changes of Hugging Face parameters, by path; a tied head keeps its weight unless it is changed itself.</summary>
    public static DenseArray OfParameters(HfBase hfBase, IReadOnlyDictionary<string, DenseArray> changes, int[][] inputIds)
    {
        Dictionary<string, DenseArray> weights = TiedHead.Untie(hfBase.Weights);
        foreach ((string path, DenseArray change) in changes)
        {
            weights[path] = Dense.Add(weights[path], change);
        }

        return CausalLmOracle.Logits(hfBase.Config, weights, inputIds);
    }

    /// <summary>An MLX folder on its base, which may be quantized.</summary>
    /// <param name="folder">The adapter.</param>
    /// <param name="mlxBase">The base.</param>
    /// <param name="inputIds">Token sequences of equal length.</param>
    /// <param name="scale">Overrules the config's scale.</param>
    public static DenseArray OfMlx(string folder, MlxBase mlxBase, int[][] inputIds, double? scale = null)
    {
        MlxReading reading = MlxOracle.Read(folder, mlxBase.IsEmbedding, scale);
        return OfMlx(mlxBase, reading.Deltas.Values, reading.Weights, inputIds);
    }

    /// <summary>Deltas of MLX modules (DoRA where they carry a magnitude) and full weights by parameter name.</summary>
    public static DenseArray OfMlx(
        MlxBase mlxBase, IEnumerable<OracleDelta> deltas, IEnumerable<KeyValuePair<string, DenseArray>> replaced, int[][] inputIds)
    {
        Dictionary<string, DenseArray> modules = mlxBase.Weights
            .Where(w => w.Key.EndsWith(".weight", StringComparison.Ordinal))
            .ToDictionary(w => w.Key[..^".weight".Length], w => w.Value, StringComparer.Ordinal);
        foreach ((string name, DenseArray weight) in replaced)
        {
            modules[name[..^".weight".Length]] = weight;
        }

        foreach (OracleDelta delta in deltas)
        {
            modules[delta.Path] = delta.ApplyTo(modules[delta.Path]);
        }

        // What MLX has no module for (biases, kv_b_proj) comes from the Hugging Face base of the same name.
        HfBase hfBase = HfBase.Fixture(mlxBase.ModelType);
        Dictionary<string, DenseArray> weights = new(hfBase.Weights, StringComparer.Ordinal);
        foreach ((string path, DenseArray weight) in new HubMapping(mlxBase.ModelType, hfBase.Experts).ToHf(modules).Deltas)
        {
            weights[path] = weight;
        }

        return CausalLmOracle.Logits(hfBase.Config, weights, inputIds);
    }
}
