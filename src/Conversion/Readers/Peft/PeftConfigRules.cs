using System.Collections.Frozen;
using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>
/// What PEFT raises over a config (PEFT 0.21, <c>from_pretrained</c>, <c>__post_init__</c> and the making of layers), told by the findings of the config's
/// reader.
/// </summary>
internal static class PeftConfigRules
{
    // What is raised for a finding of the config's reader, and for which fields: PeftPythonConfig and the scale's rules say what comes of numbers that are none
    // of a usual adapter.
    private static readonly FrozenDictionary<FindingCode, (string Error, Func<ConfigPlace, bool> Of)> Raised =
        new Dictionary<FindingCode, (string, Func<ConfigPlace, bool>)>
    {
        [ConfigCodes.PeftTypeUnknown] = ("KeyError", Any),
        [ConfigCodes.TaskTypeUnknown] = ("ValueError", Any),
        [ConfigCodes.NameCase] = ("ValueError or NotImplementedError", place => place.InFile != "peft_type"),
        [ConfigCodes.RankNotPositive] = ("ValueError", Any),
        [ConfigCodes.BiasUnknown] = ("NotImplementedError", Any),
        [ConfigCodes.InitUnknown] = ("ValueError", Any),
        [ConfigCodes.LayersWithPattern] = ("ValueError", Any),
        [ConfigCodes.LayersPatternAlone] = ("ValueError", Any),
        [ConfigCodes.DoraWithMegatron] = ("ValueError", Any),
        [ConfigCodes.LoftqWithoutConfig] = ("ValueError", Any),
        [ConfigCodes.LoraBiasConflict] = ("ValueError", Any),
        [ConfigCodes.VariantConflict] = ("ValueError", Any),
        [ConfigCodes.NotFinite] = ("ValueError", place => place.InFile is not ("lora_alpha" or "lora_dropout")),
        [ConfigCodes.OutOfRange] = ("ValueError", place => place.InFile != "lora_dropout"),
        [ConfigCodes.EnableLora] = ("RuntimeError: size mismatch: the grouped factors of PEFT 0.2", Any),
        [ConfigCodes.WrongType] = ("TypeError", place => PeftFields.Find(place.Field)?.Is(PeftFieldTraits.Typed) == true),
        [ConfigCodes.IntegralFloat] = ("TypeError", place => place.Field is "r" or "rank_pattern"),
    }.ToFrozenDictionary();

    private static readonly FindingCode[] Assumed = [ConfigCodes.RankAssumed, ConfigCodes.AlphaAssumed];

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

            if (Raised.TryGetValue(finding.Code, out (string Error, Func<ConfigPlace, bool> Of) raised) && raised.Of(place))
            {
                context.Report(CheckCodes.FieldRefused, place.InFile, $"{raised.Error}: {finding.Message}");
                refused = true;
            }
            else if (Assumed.Contains(finding.Code))
            {
                context.Report(CheckCodes.DefaultTaken, place.InFile, finding.Message);
            }
        }

        return refused;
    }

    private static bool Any(ConfigPlace place) => true;
}
