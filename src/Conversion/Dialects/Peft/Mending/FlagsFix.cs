using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary><c>use_dora</c>, <c>lora_bias</c> and <c>bias</c>, which the tensors tell.</summary>
internal static class FlagsFix
{
    public static void Apply(ConfigEditor editor, PeftFacts facts, FindingLog log)
    {
        // Magnitudes that only some modules have, or that are gone, stay a question: the reader asks it.
        bool isDora = facts.Magnitudes > 0 && facts.Magnitudes == facts.Tensors.Modules.Length;
        bool wasLora = facts.Magnitudes == 0 && log.IsAllowed(TensorCodes.MagnitudesMissing);
        if (isDora || (wasLora && editor["use_dora"] is JsonBoolean { Value: true }) || (facts.Magnitudes == 0 && IsUnusable(editor, "use_dora")))
        {
            Flag(editor, "use_dora", isDora, isDora ? "every module has a magnitude" : "no module has a magnitude", log);
        }

        bool hasBias = facts.Has(OtherTensorKind.LoraBias);
        if (hasBias || editor["lora_bias"] is not (null or JsonBoolean { Value: false }))
        {
            Flag(editor, "lora_bias", hasBias, hasBias ? "the file has biases of lora_B" : "the file has no biases of lora_B", log);
        }

        Bias(editor, facts, log);
    }

    private static void Flag(ConfigEditor editor, string field, bool value, string reason, FindingLog log)
    {
        if (editor[field] is not JsonBoolean stated || stated.Value != value)
        {
            log.Add(ConfigCodes.FlagStale.At(field, $"is {JsonText.Show(editor[field]) ?? "missing"}, but {reason}"));
            editor.Set(field, JsonBoolean.Of(value), reason);
        }
    }

    private static void Bias(ConfigEditor editor, PeftFacts facts, FindingLog log)
    {
        string? stated = editor["bias"] is JsonString { Value: "none" or "all" or "lora_only" } mode ? mode.Value : null;
        bool ofAdapted = facts.Has(OtherTensorKind.BaseBias);
        bool ofOthers =
            facts.Tensors.Others.Any(tensor => tensor.Kind == OtherTensorKind.WholeModule && tensor.Path.EndsWith(".bias", StringComparison.Ordinal));
        if (stated is null or "none" && (ofAdapted || (stated is null && editor["bias"] is not null)))
        {
            string meant = ofAdapted ? ofOthers ? "all" : "lora_only" : "none";
            log.Add(ConfigCodes.FlagStale.At(
                "bias", $"is {JsonText.Show(editor["bias"]) ?? "missing"}, but the file has {(ofAdapted ? "biases" : "no biases")} of adapted modules"));
            editor.Set("bias", new JsonString(meant), ofAdapted ? "the file has biases" : "the file has no biases");
        }
        else if (stated is "all" or "lora_only" && !ofAdapted && !ofOthers)
        {
            log.Add(ConfigCodes.BiasesMissing.At("bias", $"is \"{stated}\", but the file has no bias"));
        }
    }

    private static bool IsUnusable(ConfigEditor editor, string field) =>
        editor[field] is not null && !JsonFields.ReadBoolean(editor[field], out _).HasValue();
}
