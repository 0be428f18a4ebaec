namespace Transfuse.Oracle;

/// <summary>Do a PEFT adapter and an MLX adapter change the same base in the same way?</summary>
public static class AdapterEquivalence
{
    /// <summary>Throws with every difference unless both sides change the same modules by the same deltas and magnitudes. Zero deltas count as none.</summary>
    /// <param name="parameters">By Hugging Face parameter path, as <see cref="PeftReading.Deltas"/> or <see cref="PeftLoader"/> give them.</param>
    /// <param name="modules">By MLX module path, as <see cref="MlxReading.Deltas"/> or an MLX loader give them.</param>
    /// <param name="hfBase">The base; where its head is tied, an MLX embedding stands for embedding and head.</param>
    /// <param name="tolerance">Largest relative Frobenius error of a module.</param>
    public static void AssertSame(
        IReadOnlyDictionary<string, OracleDelta> parameters, IReadOnlyDictionary<string, OracleDelta> modules, HfBase hfBase, double tolerance)
    {
        List<string> differences = [.. Differences(parameters, modules, hfBase, tolerance)];
        if (differences.Count > 0)
        {
            throw new InvalidDataException(string.Join("; ", differences));
        }
    }

    public static IEnumerable<string> Differences(
        IReadOnlyDictionary<string, OracleDelta> parameters, IReadOnlyDictionary<string, OracleDelta> modules, HfBase hfBase, double tolerance)
    {
        HubMapping hub = new(hfBase.ModelType, hfBase.Experts);
        Dictionary<string, DenseArray> deltas = parameters.Where(p => IsNotZero(p.Value.Delta))
            .ToDictionary(p => p.Key, p => p.Value.Delta, StringComparer.Ordinal);
        List<string> problems = hfBase.Tied ? RemoveTiedHead(deltas, hfBase, tolerance) : [];
        HubResult mapped = hub.ToMlx(deltas);
        Dictionary<string, DenseArray> magnitudes = hub.ToMlx(parameters.Where(p => p.Value.Magnitude is not null)
            .ToDictionary(p => p.Key, p => p.Value.Magnitude!, StringComparer.Ordinal)).Deltas.ToDictionary(StringComparer.Ordinal);
        return problems
            .Concat(mapped.Unmapped.Select(p => $"{p} has no form in MLX"))
            .Concat(Compare(mapped.Deltas, modules.ToDictionary(m => m.Key, m => m.Value.Delta, StringComparer.Ordinal), "delta", tolerance))
            .Concat(Compare(
                magnitudes,
                modules.Where(m => m.Value.Magnitude is not null).ToDictionary(m => m.Key, m => m.Value.Magnitude!, StringComparer.Ordinal),
                "magnitude",
                tolerance));
    }

    private static IEnumerable<string> Compare(
        IReadOnlyDictionary<string, DenseArray> hf, IReadOnlyDictionary<string, DenseArray> mlx, string what, double tolerance)
    {
        HashSet<string> left = [.. hf.Where(d => IsNotZero(d.Value)).Select(d => d.Key)];
        HashSet<string> right = [.. mlx.Where(d => IsNotZero(d.Value)).Select(d => d.Key)];
        foreach (string path in left.Union(right).Order(StringComparer.Ordinal))
        {
            if (!right.Contains(path))
            {
                yield return $"{path}: {what} on the PEFT side only";
            }
            else if (!left.Contains(path))
            {
                yield return $"{path}: {what} on the MLX side only";
            }
            else if (!hf[path].SameShape(mlx[path]))
            {
                yield return $"{path}: {what} {hf[path].ShapeText} and {mlx[path].ShapeText}";
            }
            else if (DeltaComparison.Of(mlx[path], hf[path]) is var c && !(c.RelativeError <= tolerance))
            {
                yield return $"{path}: {what} differs by {c.RelativeError:E2}";
            }
        }
    }

    /// <summary>In MLX an embedding of a tied model is its head too; in PEFT the two have adapters of their own.</summary>
    private static List<string> RemoveTiedHead(Dictionary<string, DenseArray> deltas, HfBase hfBase, double tolerance)
    {
        string embedding = TiedHead.Embedding(hfBase.Parameters.Select(p => p.Path)) ?? "";
        bool hasHead = deltas.Remove(TiedHead.Head, out DenseArray? head);
        bool hasEmbedding = deltas.TryGetValue(embedding, out DenseArray? table);
        if (!hasHead && !hasEmbedding)
        {
            return [];
        }

        return hasHead && hasEmbedding && DeltaComparison.Of(head!, table!).RelativeError <= tolerance
            ? []
            : ["the embedding and the tied head are not changed alike"];
    }

    private static bool IsNotZero(DenseArray array) => array.Values.Any(v => v != 0);
}
