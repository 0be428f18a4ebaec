using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF35xx: configs of MLX adapters.</summary>
public static class MlxConfigCodes
{
    /// <summary>The scale is nowhere.</summary>
    public static FindingCode ScaleUnknown { get; } = new("TF3501", Error, "The scale is missing or unusable, and no tensor tells it.", "Give --scale NUMBER, the final multiplier of the adapter.");

    /// <summary>Two readings of the scale.</summary>
    public static FindingCode ScaleAmbiguous { get; } = new("TF3502", Error, "The config means one scale or another, by the version that wrote it, which it does not say.", "Give --producer, such as mlx-lm@0.14.1 or mlx-vlm@0.5.0, or --scale NUMBER.");

    /// <summary>A default of the writing program's loader.</summary>
    public static FindingCode DefaultApplied { get; } = new("TF3503", Warning, "A field is missing; the value that the writing program's own loader uses was taken.", "Nothing, if that program wrote it.");

    /// <summary>A field of the wrong type.</summary>
    public static FindingCode FieldUnusable { get; } = new("TF3504", Error, "A field that is needed has a value that cannot be used.", "Correct the field, or give its value as an option.");

    /// <summary>The rank in the config is not that of the tensors.</summary>
    public static FindingCode RankStale { get; } = new("TF3505", Warning, "The config's rank is missing or not that of the tensors; the tensors are right.", "Nothing.");

    /// <summary>The fine-tune type contradicts the tensors.</summary>
    public static FindingCode TypeStale { get; } = new("TF3506", Warning, "The config's fine_tune_type contradicts the tensors; DoRA is where magnitudes are.", "Nothing.");

    /// <summary>Whole weights instead of an adapter.</summary>
    public static FindingCode FullFineTune { get; } = new("TF3507", Error, "The folder holds whole weights (fine_tune_type full), not an adapter.", "Load it with mlx-lm; there is nothing to convert to LoRA.");

    /// <summary>An old field name or form.</summary>
    public static FindingCode LegacyForm { get; } = new("TF3508", Information, "The folder has the form of an older program; it was read as that program meant it.", "Nothing.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        ScaleUnknown, ScaleAmbiguous, DefaultApplied, FieldUnusable, RankStale, TypeStale, FullFineTune, LegacyForm,
    ];
}
