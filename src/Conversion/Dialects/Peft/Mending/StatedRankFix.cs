using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary><c>r</c> that is missing, unusable, or the rank of no module.</summary>
internal static class StatedRankFix
{
    public static void Apply(ConfigEditor editor, PeftFacts facts, long? experts, FindingLog log)
    {
        if (editor["rank_pattern"] is { } pattern and not JsonObject)
        {
            editor.Set("rank_pattern", JsonObject.Empty, "it is no object; the tensors tell ranks");
        }

        bool isUsable = JsonFields.ReadInteger(editor["r"], out long stated).HasValue() && stated is > 0 and <= int.MaxValue;
        bool hasPattern = editor["rank_pattern"] is JsonObject { Members.Length: > 0 };
        if (facts.CommonRank is { } common)
        {
            if (!isUsable || (!hasPattern && !facts.PlainRanks.Contains((int)stated)))
            {
                editor.Set("r", (long)common, "the rank of the tensors");
            }
        }
        else if (!isUsable)
        {
            OfExperts(editor, facts, experts, log);
        }
    }

    // Packed experts alone: their rows are experts x rank.
    private static void OfExperts(ConfigEditor editor, PeftFacts facts, long? experts, FindingLog log)
    {
        long[] rows =
            [.. facts.Tensors.Modules.Select(module => module.A?.Shape).Where(shape => shape is { Rank: 2 }).Select(shape => shape!.Value[0]).Distinct()];
        if (experts is { } count and > 0 && rows is [var only] && only % count == 0 && only / count is > 0 and <= int.MaxValue)
        {
            editor.Set("r", only / count, $"lora_A has {only} rows for the base's {count} experts");
            return;
        }

        log.Add(ConfigCodes.RankUnknown.At(
            "r", $"is {JsonText.Show(editor["r"]) ?? "missing"}, and lora_A has {string.Join(" or ", rows.Take(4))} rows for all experts together"));
    }
}
