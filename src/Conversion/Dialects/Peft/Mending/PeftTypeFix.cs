using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary><c>peft_type</c> that is missing, unusable, or contradicted by the tensors.</summary>
internal static class PeftTypeFix
{
    public static void Apply(ConfigEditor editor, PeftFacts facts, FindingLog log)
    {
        string? stated = (editor["peft_type"] as JsonString)?.Value;
        bool saysLora = editor["r"] is not null || editor["lora_alpha"] is not null || editor.Config.Members.IsEmpty;
        if (stated == PeftTypes.Lora || !facts.IsLora || !saysLora || editor["init_r"] is not null)
        {
            return;
        }

        if (stated is not null && PeftTypes.All.Contains(stated))
        {
            log.Add(ConfigCodes.FlagStale.At("peft_type", $"is {stated}, but the tensors, r and lora_alpha are those of LoRA"));
        }

        editor.Set("peft_type", new JsonString(PeftTypes.Lora), "the tensors are those of LoRA; PEFT refuses a config without it");
    }
}
