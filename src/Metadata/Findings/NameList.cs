namespace Transfuse.Metadata.Findings;

/// <summary>Names in the text of a finding: the first few, and how many more there are.</summary>
internal static class NameList
{
    /// <summary>Lists names, such as <c>model.layers.0.self_attn.q_proj and 31 more</c>.</summary>
    /// <param name="names">The names.</param>
    /// <param name="most">How many are written out; the others are counted.</param>
    public static string Of(IEnumerable<string> names, int most = 1)
    {
        string[] all = [.. names];
        return string.Join(", ", all.Take(most)) + (all.Length > most ? $" and {all.Length - most} more" : string.Empty);
    }
}
