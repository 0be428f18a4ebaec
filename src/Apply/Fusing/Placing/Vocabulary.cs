using System.Collections.Immutable;
using Transfuse.Apply.Fusing.Models;
using Transfuse.Apply.Fusing.Stages;
using Transfuse.Apply.Fusing.Writing;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing.Placing;

/// <summary>
/// The number of tokens of the merged model. An adapter that was trained on a model with tokens added, or with surplus rows taken away, brings embedding and
/// head whole; PEFT needs the base resized before it loads such an adapter, and then merges what was saved. The same is done here.
/// </summary>
internal sealed class Vocabulary(ModelFolder folder, WeightLookup lookup, TiedWeights tied)
{
    /// <summary>The changes from the last one on that replaces the weight: it says all of the rows, which the ones before do not have.</summary>
    public static ImmutableArray<WeightStage> FromLastReplacement(ImmutableArray<WeightStage> stages)
    {
        int last = stages.ToList().FindLastIndex(stage => stage is ReplaceStage);
        return last < 0 ? stages : stages[last..];
    }

    /// <summary>The new number of tokens, <see langword="null"/> where it stays; what does not fit together is named.</summary>
    /// <param name="weights">The planned weights.</param>
    /// <param name="isUntied">Whether the head becomes a weight of its own.</param>
    /// <param name="log">Receives findings.</param>
    public long? Check(ImmutableSortedDictionary<string, PlannedWeight> weights, bool isUntied, FindingLog log)
    {
        PlannedWeight[] resized = [.. weights.Values.Where(weight => weight.Rows is not null)];
        if (resized is [])
        {
            return null;
        }

        long rows = resized[0].Shape[0];
        string was = $"has {rows} rows instead of {folder.Find(resized[0].Source)!.Shape[0]}";
        string? problem = Problem(resized, rows, isUntied);
        if (problem is not null)
        {
            log.Add(FusionCodes.NotResized.At(resized[0].Name, $"{was}, but {problem}"));
            return null;
        }

        log.Add(FusionCodes.Resized.At([.. resized.Select(weight => weight.Name)], $"{was}; {ConfigChanges.TokensField} is {rows} now"));
        return rows;
    }

    private string? Problem(PlannedWeight[] resized, long rows, bool isUntied)
    {
        if (resized.FirstOrDefault(weight => weight.Stages is not [ReplaceStage whole, ..] || whole.Weight.Shape[0] != rows) is { } partial)
        {
            return partial.Stages is [BlendStage, ..]
                ? "--scale asks for a share of the way to it, which rows that the base does not have cannot go"
                : $"{partial.Name} is not replaced by one of {rows} rows";
        }

        string? other = new[] { tied.Embedding, tied.IsTied && !isUntied ? null : tied.Head }
            .FirstOrDefault(name => name is not null && lookup.ShapeOf(tied.SourceOf(name))[0] != rows);
        if (other is not null)
        {
            return $"{other} keeps {lookup.ShapeOf(tied.SourceOf(other))[0]}: the adapter brings no other";
        }

        string? bias = resized.Select(weight => weight.Module + ".bias").FirstOrDefault(name => folder.Find(name) is not null);
        return bias is not null ? $"{bias} keeps {folder.Find(bias)!.Shape[0]}"
            : ConfigChanges.HasTokens(folder.Model.Config.Root) ? null
            : $"config.json has no {ConfigChanges.TokensField} that could say so";
    }
}
