using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx;

/// <summary>Finds the final multiplier, by producer and version. It lives only in JSON, never in tensors.</summary>
internal static class MlxScale
{
    // What apply_lora_layers of mlx-lm 0.0.3 to 0.5 used whatever the rank: 10 x 16 / 8.
    private const double ArchiveScale = 20;

    // What FastMLXModel of unsloth-zoo 2026.8 uses where the config has none.
    private const double UnslothScale = 1;

    private const string Field = "lora_parameters.scale";
    private const string AlphaField = "lora_parameters.alpha";

    // mlx-lm 0.6 to 0.14.1 multiplied scale by alpha / rank; 0.14.2 stopped, but its default config went on writing alpha.
    private static readonly Version AlphaDropped = new(0, 14, 2);
    private static readonly DateOnly DayAlphaDropped = new(2024, 6, 2);

    // mlx-vlm multiplied by alpha itself until 0.4.4.
    private static readonly Version AlphaDivided = new(0, 5, 0);
    private static readonly DateOnly DayAlphaDivided = new(2026, 4, 18);

    /// <summary>The multiplier, a question, or an error.</summary>
    /// <param name="evidence">What tells.</param>
    /// <param name="fileName">The config's name in findings.</param>
    public static MlxReadingValue Decide(MlxScaleEvidence evidence, string fileName)
    {
        MlxReadingValue decided = FromEvidence(evidence, fileName);
        return decided.Value is { } scale && (float)scale <= 0
            ? decided with { Doubt = MlxConfigCodes.ScaleDoubtful.At(fileName, $"{Field} is {Show(scale)}") }
            : decided;
    }

    /// <summary>A scale as findings print it: also what it is as float32, by which runtimes multiply, where that is zero.</summary>
    public static string Show(double scale) => scale != 0 && (float)scale == 0 ? $"{MlxNumber.Show(scale)}, which is 0 as float32" : MlxNumber.Show(scale);

    private static MlxReadingValue FromEvidence(MlxScaleEvidence evidence, string fileName)
    {
        if (MlxProducerEvidence.Contradiction(evidence) is { } contradiction)
        {
            return MlxReadingValue.Unknown(MlxConfigCodes.Contradiction.At(fileName, $"--producer {evidence.Producer} {contradiction}; give --scale NUMBER"));
        }

        if (evidence.Config is not { } config)
        {
            return evidence.IsArchive
                ? MlxReadingValue.Assumed(ArchiveScale, MlxConfigCodes.DefaultApplied.At(
                    fileName,
                    $"{Field}: there is no config; mlx-lm before 0.6, which wrote such archives, always loaded them with scale 20. If the training set "
                    + "another, give --scale"))
                : MlxReadingValue.Unknown(
                    MlxConfigCodes.ScaleUnknown.At(fileName, $"{Field}: there is no config, so the scale is nowhere; give --scale NUMBER"));
        }

        MlxNumber nested = config.Number(Field);
        MlxNumber mirror = config.Number("scale");
        if (nested.IsMissing && (config.IsLegacyVlm || evidence.HasLegacyNames))
        {
            // Its loader takes alpha alone, whatever is called scale beside it.
            return LegacyVlm(config, evidence, fileName);
        }

        if (nested.IsMissing && mirror.IsMissing)
        {
            return Missing(config, fileName);
        }

        MlxReadingValue stated = MlxStated.Choose(nested, mirror, "--scale NUMBER", fileName);
        return stated.Value is { } scale ? Interpret(scale, stated, config, evidence, fileName) : stated;
    }

    private static MlxReadingValue Missing(MlxConfigView config, string fileName) => config.IsUnsloth
? MlxReadingValue.Assumed(
    UnslothScale,
    MlxConfigCodes.DefaultApplied.At(
        fileName, $"{Field} is missing; Unsloth (unsloth-zoo 2026.8) loads such a folder with scale 1. If the training set another, give --scale"))
        : MlxReadingValue.Unknown(MlxConfigCodes.ScaleUnknown.At(fileName, $"{Field} is missing; give --scale NUMBER"));

    private static MlxReadingValue Interpret(double scale, MlxReadingValue stated, MlxConfigView config, MlxScaleEvidence evidence, string fileName)
    {
        MlxNumber alpha = config.Number(AlphaField);
        if (config.IsCurrent || alpha.IsMissing)
        {
            return stated;
        }

        if (alpha.Value is not { } numerator)
        {
            return MlxReadingValue.Unknown(
                MlxConfigCodes.FieldUnusable.At(
                    fileName, $"{AlphaField} is {alpha.Shown}, not a number, and old mlx-lm multiplied by it; give --scale NUMBER"));
        }

        long? rank = evidence.Rank ?? config.Number("lora_parameters.rank").AsInteger;
        double? divided = rank is > 0 ? scale * numerator / rank : null;
        bool beforeDora = config.HasLoraLayers && !config.HasCurrentField && !config.Json.Contains("use_dora");
        bool? isBefore = beforeDora ? true : evidence.Producer?.IsBefore("mlx-lm", AlphaDropped, DayAlphaDropped);
        return isBefore switch
        {
            null => MlxReadingValue.Unknown(MlxConfigCodes.ScaleAmbiguous.At(
                fileName,
                $"{Field}: mlx-lm until 0.14.1 means {(divided is { } number ? MlxNumber.Show(number) : "scale x alpha / rank")}, 0.14.2 and later means "
                + $"{MlxNumber.Show(scale)}; give --producer mlx-lm@VERSION (or the day of the training), or --scale")),
            false => stated,
            true when divided is { } value => MlxReadingValue.Told(value, MlxConfigCodes.LegacyForm.At(
                fileName,
                $"{Field}: mlx-lm before 0.14.2 wrote it, so the scale is {MlxNumber.Show(scale)} x {MlxNumber.Show(numerator)} / {rank}, "
                + (value == 0 && scale != 0 && numerator != 0 ? "too small for Python's numbers, which make it 0" : MlxNumber.Show(value)))),
            true =>
                MlxReadingValue.Unknown(
                    MlxConfigCodes.ScaleUnknown.At(
                        fileName, $"{Field}: the scale is scale x alpha / rank, and the tensors have several ranks; give --scale NUMBER")),
        };
    }

    private static MlxReadingValue LegacyVlm(MlxConfigView config, MlxScaleEvidence evidence, string fileName)
    {
        if (config.Number("alpha").Value is not { } alpha || (evidence.Rank ?? config.Number("rank").AsInteger) is not (> 0 and var rank))
        {
            return MlxReadingValue.Unknown(
                MlxConfigCodes.ScaleUnknown.At(
                    fileName, $"alpha is {config.Number("alpha").Shown}, rank is {config.Number("rank").Shown}; give --scale NUMBER"));
        }

        return evidence.Producer?.IsBefore("mlx-vlm", AlphaDivided, DayAlphaDivided) switch
        {
            null => MlxReadingValue.Unknown(MlxConfigCodes.ScaleAmbiguous.At(
                fileName,
                $"alpha: mlx-vlm until 0.4.4 means scale {MlxNumber.Show(alpha)}, 0.5.0 means {MlxNumber.Show(alpha / rank)}; give --producer "
                + "mlx-vlm@VERSION, or --scale")),
            true => MlxReadingValue.Told(alpha),
            false => MlxReadingValue.Told(alpha / rank),
        };
    }
}
