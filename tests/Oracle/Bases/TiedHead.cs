namespace Transfuse.Oracle;

/// <summary>Output heads that share their weight with the input embedding.</summary>
internal static class TiedHead
{
    public const string Head = "lm_head.weight";

    public static string? Embedding(IEnumerable<string> parameters) =>
        parameters.FirstOrDefault(p => p is "model.embed_tokens.weight" or "transformer.wte.weight");

    /// <summary>A copy of the weights in which a tied head has a weight of its own: PEFT adapts the two apart.</summary>
    public static Dictionary<string, DenseArray> Untie(IReadOnlyDictionary<string, DenseArray> weights)
    {
        Dictionary<string, DenseArray> untied = new(weights, StringComparer.Ordinal);
        if (!untied.ContainsKey(Head) && Embedding(weights.Keys) is { } embedding)
        {
            untied[Head] = weights[embedding];
        }

        return untied;
    }
}
