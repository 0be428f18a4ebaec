using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Formats.Numerics;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// AdaLoRA: delta = B (A * E) alpha / (init_r + 1e-5), E one number for each row of A. The rank is that of the tensors: training prunes it, and the
/// denominator stays.
/// </summary>
internal sealed class AdaLoraReader : MethodReader
{
    private const int DefaultInitialRank = 12;
    private const double DefaultAlpha = 8;

    // What LoRA's config, from which AdaLoRA's derives, can switch on and what no AdaLoRA layer has been seen to do.
    private static readonly PeftField[] Variants =
        [.. PeftFields.All.Where(field => field.Effect == PeftFieldEffect.Variant), PeftFields.Find("target_parameters")!];

    public override string PeftType => "ADALORA";

    public override ImmutableArray<string> Parts { get; } = ["lora_A", "lora_B", "lora_E"];

    public override ImmutableArray<string> UsedFields { get; } = ["init_r", "lora_alpha", "rank_pattern"];

    public override string DropoutField => "lora_dropout";

    public override IEnumerable<MethodModule> Read(MethodInput input)
    {
        foreach (string variant in Variants.Select(field => field.Name).Where(input.Settings.IsSet))
        {
            input.Log.Add(MethodCodes.Setting.At(input.Settings.Fields.Subject(variant), "is set, which AdaLoRA does not know or does not describe"));
        }

        int initialRank = input.Settings.Positive("init_r", DefaultInitialRank);
        double alpha = input.Settings.Number("lora_alpha", DefaultAlpha);
        JsonObject? pruned = input.Config.Source["rank_pattern"] as JsonObject;
        return input.Modules.Select(parts => Read(parts, initialRank, alpha, pruned)).OfType<MethodModule>();
    }

    private static MethodModule? Read(MethodParts parts, int initialRank, double alpha, JsonObject? pruned)
    {
        if (IsEmpty(parts) || parts.Matrix("lora_A") is not { } a || parts.Matrix("lora_B") is not { } b || parts.Matrix("lora_E") is not { } e
            || !parts.Require(a.Shape[0] == b.Shape[1] && a.Shape[0] == e.Shape[0] && e.Shape[1] == 1, "lora_A", "lora_B", "lora_E"))
        {
            return null;
        }

        // PEFT adds in float32. Without a positive alpha it takes the rank with which it makes the layer, on loading that of the pattern.
        float denominator = initialRank + 1e-5f;
        double numerator = alpha > 0 ? alpha : pruned?.Contains(parts.Path + ".lora_E") == true ? a.Shape[0] : initialRank;
        return new MethodModule
        {
            Path = parts.Path,
            Outputs = b.Shape[0],
            Inputs = a.Shape[1],
            Rank = a.Shape[0],
            Scale = numerator / denominator,
            Product = () => new FactorProduct(ComputedTensors.ScaleRows(a, e), b),
            Products = [[a, e], [b]],
        };
    }

    /// <summary>Whether training pruned the module away, which is told.</summary>
    private static bool IsEmpty(MethodParts parts)
    {
        bool empty = parts.ShapeOf("lora_A") is [0, _] && parts.ShapeOf("lora_B") is [_, 0] && parts.ShapeOf("lora_E") is [0, ..];
        if (empty)
        {
            parts.Log.Add(TensorCodes.EmptyRank.At(parts.Path, "lora_E has no values"));
        }

        return empty;
    }
}
