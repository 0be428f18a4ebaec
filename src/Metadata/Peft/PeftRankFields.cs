using System.Collections.Immutable;
using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Peft;

/// <summary>The fields of a config that give modules their ranks and alphas.</summary>
/// <param name="Rank"><c>r</c>.</param>
/// <param name="Alpha"><c>lora_alpha</c>.</param>
/// <param name="RankPattern"><c>rank_pattern</c>, sorted by key.</param>
/// <param name="AlphaPattern"><c>alpha_pattern</c>, sorted by key.</param>
internal sealed record PeftRankFields(
    int Rank, JsonNumber Alpha, ImmutableArray<KeyValuePair<string, int>> RankPattern, ImmutableArray<KeyValuePair<string, JsonNumber>> AlphaPattern)
{
    /// <summary>The fields as JSON: patterns only where they are not empty, since PEFT before 0.6 fails on fields that it does not know.</summary>
    public IEnumerable<KeyValuePair<string, JsonValue>> ToJson()
    {
        yield return new("r", JsonNumber.Of(Rank));
        yield return new("lora_alpha", Alpha);
        if (!RankPattern.IsEmpty)
        {
            yield return new(
                "rank_pattern", new JsonObject(RankPattern.Select(entry => new KeyValuePair<string, JsonValue>(entry.Key, JsonNumber.Of(entry.Value)))));
        }

        if (!AlphaPattern.IsEmpty)
        {
            yield return new("alpha_pattern", new JsonObject(AlphaPattern.Select(entry => new KeyValuePair<string, JsonValue>(entry.Key, entry.Value))));
        }
    }
}
