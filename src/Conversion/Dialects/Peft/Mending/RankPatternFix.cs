using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary>Makes <c>r</c>, <c>lora_alpha</c> and the patterns give every module the rank that its tensors have, and the scale that was read.</summary>
internal static class RankPatternFix
{
    public static void Apply(ConfigEditor editor, Adapter adapter)
    {
        if (editor["lora_alpha"] is null)
        {
            editor.Set("lora_alpha", JsonNumber.Of((long)PeftConfig.DefaultAlpha), "what PEFT 0.21 takes where it is missing");
        }

        if (GivesAll(editor.Config, adapter))
        {
            return;
        }

        bool rslora = editor["use_rslora"] is JsonBoolean { Value: true };
        PeftRankFields fields = PeftRankWriter.Minimize(
            [.. adapter.Modules.Select(
                module => new PeftModuleSetting(module.FullPath, module.Rank, PeftScaling.AlphaFor(module.Scale, module.Rank, rslora)))]);
        const string Reason = "the ranks of the tensors, and the scales as the config gives them";
        editor.Set("r", (long)fields.Rank, Reason);
        editor.Set("lora_alpha", fields.Alpha.Value, Reason);
        editor.Set("rank_pattern",
            new JsonObject(fields.RankPattern.Select(entry => new KeyValuePair<string, JsonValue>(entry.Key, JsonNumber.Of(entry.Value)))), Reason);
        editor.Set("alpha_pattern", new JsonObject(fields.AlphaPattern.Select(entry => new KeyValuePair<string, JsonValue>(entry.Key, entry.Value))), Reason);
    }

    private static bool GivesAll(JsonObject json, Adapter adapter)
    {
        PeftConfig config = PeftConfig.Parse(json, string.Empty).Value;
        var matcher = new PeftPatternMatcher(config, config.Patterns);
        return adapter.Modules.All(module => matcher.Load(module.FullPath) is var (rank, alpha)
            && rank == module.Rank && PeftScaling.AreEqual(PeftScaling.ScaleOf(alpha, rank, config.UseRslora), module.Scale));
    }
}
