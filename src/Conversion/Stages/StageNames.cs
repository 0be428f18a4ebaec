namespace Transfuse.Conversion.Stages;

/// <summary>The stages of a conversion, in their order.</summary>
/// <example>
/// <code>
/// Adapter? fitted = AdapterPipeline.From(source).To(TargetProfile.MlxLm).StopAfter(StageNames.Fit).Run().Target;
/// </code>
/// </example>
public static class StageNames
{
    /// <summary>Finds the adapter, opens its files, tells the dialect and parses the config.</summary>
    public const string Read = "Read";

    /// <summary>Names of tensors become paths of modules; each tensor is a factor, another known thing, or named in a finding.</summary>
    public const string RemapKeys = "RemapKeys";

    /// <summary>Factors get the canonical orientation, those of experts stacked.</summary>
    public const string Transpose = "Transpose";

    /// <summary>
    /// Finds rank, scale, dropout and kind of every module, from shapes, config and the rules of who wrote them; methods that are low-rank products become
    /// LoRA.
    /// </summary>
    public const string Infer = "Infer";

    /// <summary>Makes of it what the target holds: its names and structure, one rank and scale, its dtypes.</summary>
    public const string Fit = "Fit";

    /// <summary>Lays out the target's config and tensors, and has its reader's rules look at them.</summary>
    public const string Enrich = "Enrich";

    /// <summary>Reads the layout back and compares it with the source; there only where asked for.</summary>
    public const string RoundTrip = "RoundTrip";

    /// <summary>Puts all files in place, or none.</summary>
    public const string Write = "Write";
}
