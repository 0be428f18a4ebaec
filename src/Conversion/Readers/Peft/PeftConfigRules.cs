using System.Collections.Frozen;
using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>What PEFT raises over a config (PEFT 0.21, <c>from_pretrained</c>, <c>__post_init__</c> and the making of layers), told by the findings of the config's reader.</summary>
internal static class PeftConfigRules
{
    private static readonly FrozenDictionary<FindingCode, string> Raised = new Dictionary<FindingCode, string>
    {
        [ConfigCodes.PeftTypeUnknown] = "KeyError",
        [ConfigCodes.TaskTypeUnknown] = "ValueError",
        [ConfigCodes.NameCase] = "ValueError or NotImplementedError",
        [ConfigCodes.RankNotPositive] = "ValueError",
        [ConfigCodes.BiasUnknown] = "NotImplementedError",
        [ConfigCodes.InitUnknown] = "ValueError",
        [ConfigCodes.LayersWithPattern] = "ValueError",
        [ConfigCodes.LayersPatternAlone] = "ValueError",
        [ConfigCodes.DoraWithMegatron] = "ValueError",
        [ConfigCodes.LoftqWithoutConfig] = "ValueError",
        [ConfigCodes.LoraBiasConflict] = "ValueError",
        [ConfigCodes.VariantConflict] = "ValueError",
        [ConfigCodes.NotFinite] = "ValueError",
        [ConfigCodes.OutOfRange] = "ValueError",
        [ConfigCodes.EnableLora] = "RuntimeError: size mismatch: the grouped factors of PEFT 0.2",
    }.ToFrozenDictionary();

    /// <summary>Reads a config of LoRA, or gives <see langword="null"/> where PEFT refuses it or it is of another method.</summary>
    public static PeftConfig? Read(CheckContext context, JsonObject json)
    {
        if (json["peft_type"] is not JsonString)
        {
            context.Report(json.Contains("peft_type") ? CheckCodes.FieldRefused : CheckCodes.FieldMissing, "peft_type", "KeyError: 'peft_type'");
            return null;
        }

        bool refused = !PeftPythonConfig.TryRead(context, json, out JsonObject python);
        (PeftConfig config, ImmutableArray<Finding> findings) = PeftConfig.Parse(python, string.Empty);
        refused |= Report(context, findings);
        if (json["peft_type"] is JsonString { Value: var type } && type != config.PeftType)
        {
            context.Report(CheckCodes.FieldRefused, "peft_type", $"KeyError: '{type}'; names are in upper case");
            refused = true;
        }

        return refused ? null : config;
    }

    private static bool Report(CheckContext context, ImmutableArray<Finding> findings)
    {
        bool refused = false;
        foreach (Finding finding in findings)
        {
            // All are about fields but the one that names unknown fields, which PEFT passes over.
            if (finding.Place is not { } place || PeftScaleRules.Judges(place))
            {
                continue;
            }

            (string field, string top) = (place.InFile, place.Field);
            // Numbers that are none of a usual adapter: PeftPythonConfig and the scale's rules say what comes of them.
            if ((finding.Code == ConfigCodes.NotFinite && (field is "lora_alpha" or "lora_dropout")) || (finding.Code == ConfigCodes.OutOfRange && field == "lora_dropout"))
            {
                continue;
            }

            if (finding.Code == ConfigCodes.NameCase && field == "peft_type")
            {
                continue;
            }

            if (Raised.TryGetValue(finding.Code, out string? error))
            {
                context.Report(CheckCodes.FieldRefused, field, $"{error}: {finding.Message}");
                refused = true;
            }
            else if ((finding.Code == ConfigCodes.WrongType && PeftFields.Find(top)?.Is(PeftFieldTraits.Typed) == true) || (finding.Code == ConfigCodes.IntegralFloat && top is "r" or "rank_pattern"))
            {
                context.Report(CheckCodes.FieldRefused, field, $"TypeError: {finding.Message}");
                refused = true;
            }
            else if (finding.Code == ConfigCodes.RankAssumed || finding.Code == ConfigCodes.AlphaAssumed)
            {
                context.Report(CheckCodes.DefaultTaken, field, finding.Message);
            }
        }

        return refused;
    }
}
