namespace Transfuse.Metadata.Inference;

/// <summary>Infers the kind of an MLX adapter from the presence of magnitudes (<c>m</c>).</summary>
internal static class FineTuneInference
{
    /// <summary>The kind.</summary>
    /// <param name="hasMagnitude">For each module, whether it has a magnitude.</param>
    public static FineTuneKind Infer(IEnumerable<bool> hasMagnitude)
    {
        bool[] all = [.. hasMagnitude];
        int with = all.Count(has => has);
        return with == 0 ? FineTuneKind.Lora : with == all.Length ? FineTuneKind.Dora : FineTuneKind.Mixed;
    }

    /// <summary>The value of <c>fine_tune_type</c>; a mixed adapter is <c>dora</c> to Unsloth, whose experts are plain all the same.</summary>
    public static string ToText(this FineTuneKind kind) => kind == FineTuneKind.Lora ? "lora" : "dora";
}
