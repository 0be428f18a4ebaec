using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Mlx;

/// <summary>Finds the dropout, which matters in training only.</summary>
internal static class MlxDropout
{
    private const string Field = "lora_parameters.dropout";
    private const string Option = "--dropout NUMBER";

    // The default of mlx-vlm's legacy layers until 0.5.
    private const double VlmDropout = 0.1;

    /// <summary>The probability, 0 with a warning where it is none, or an error where two fields contradict each other.</summary>
    /// <param name="config">The config; <see langword="null"/> where the folder has none, which gives 0.</param>
    /// <param name="fileName">The config's name in findings.</param>
    public static MlxReadingValue Decide(MlxConfigView? config, string fileName)
    {
        if (config is null)
        {
            return new MlxReadingValue(0, false, []);
        }

        MlxNumber top = config.Number("dropout");
        MlxNumber nested = config.IsLegacyVlm ? top : config.Number(Field);
        if (nested.IsMissing && top.IsMissing)
        {
            return config.IsLegacyVlm
? MlxReadingValue.Assumed(
    VlmDropout, MlxConfigCodes.DefaultApplied.At(fileName, "dropout is missing; mlx-vlm 0.5 loads such a folder with 0.1. It matters in training only"))
                : MlxReadingValue.Assumed(0, MlxConfigCodes.DefaultApplied.At(
                    fileName,
                    $"{Field} is missing; 0 was taken, as mlx-swift-lm 3.31 and Unsloth (unsloth-zoo 2026.8) do; mlx-lm 0.32 refuses to load such a folder. "
                    + "It matters in training only"));
        }

        if (nested.Value is null && top.Value is null)
        {
            MlxNumber field = nested.IsMissing ? top : nested;
            return Unusable(fileName, $"{field.Field} is {field.Shown}, not a number");
        }

        MlxReadingValue stated = MlxStated.Choose(nested, top, Option, fileName);
        if (stated.Value is not { } probability)
        {
            return stated;
        }

        if (!DropoutInference.IsProbability(probability))
        {
            return Unusable(fileName, $"{nested.Field} is {MlxNumber.Show(probability)}, not in [0, 1)");
        }

        double meant = DropoutInference.Undrift(probability);
        return meant == probability ? stated : stated with
        {
            Value = meant,
            Findings = stated.Findings.Add(
                MlxConfigCodes.DropoutDrift.At(fileName, $"{Field} is {MlxNumber.Show(probability)}, which is 1 - (1 - {MlxNumber.Show(meant)})")),
        };
    }

    private static MlxReadingValue Unusable(string fileName, string what) =>
        MlxReadingValue.Assumed(
            0, MlxConfigCodes.DropoutUnusable.At(fileName, $"{what}; 0 was taken, and mlx-lm uses it in training only; {Option} gives another"));
}
