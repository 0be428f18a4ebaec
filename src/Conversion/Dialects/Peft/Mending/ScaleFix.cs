using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary><c>lora_alpha</c> and <c>lora_dropout</c>, which no tensor tells: what the caller says, or a question.</summary>
internal static class ScaleFix
{
    public static void Apply(ConfigEditor editor, MlxGiven given, FindingLog log)
    {
        if (given.Scale is { } scale && JsonFields.ReadInteger(editor["r"], out long rank).HasValue() && rank is > 0 and <= int.MaxValue)
        {
            bool rslora = JsonFields.ReadBoolean(editor["use_rslora"], out bool value).HasValue() && value;
            editor.Set("lora_alpha", PeftScaling.AlphaFor(scale, (int)rank, rslora), FormattableString.Invariant($"--scale {scale:R} with rank {rank}"));
        }
        else if (JsonFields.ReadNumber(editor["lora_alpha"], out double alpha) == FieldOutcome.Ok && alpha <= 0)
        {
            log.Add(ConfigCodes.AlphaDoubtful.At("lora_alpha", $"is {JsonText.Show(editor["lora_alpha"])}"));
        }

        foreach ((string key, JsonValue value) in (editor["alpha_pattern"] as JsonObject ?? JsonObject.Empty).Members)
        {
            if (JsonFields.ReadNumber(value, out double own) == FieldOutcome.Ok && own <= 0)
            {
                log.Add(ConfigCodes.AlphaDoubtful.At("alpha_pattern", $"{key} is {JsonText.Show(value)}"));
            }
        }

        if (given.Dropout is { } dropout)
        {
            editor.Set("lora_dropout", dropout, "--dropout");
        }
    }
}
