using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>A rank in the config that is unusable, or not that of the tensors.</summary>
internal sealed class StaleRankDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        if (facts.Config is not { } config || facts.Inferred.Rank is not { } rank)
        {
            yield break;
        }

        MlxNumber nested = config.Number("lora_parameters.rank");
        MlxNumber top = config.Number("rank");
        if (nested.AsInteger != rank && !(nested.IsMissing && top.AsInteger == rank))
        {
            yield return Stale(nested.IsMissing && !top.IsMissing ? top : nested);
        }

        if (top.Json is not null && top.AsInteger != rank && !nested.IsMissing)
        {
            yield return Stale(top);
        }

        Finding Stale(MlxNumber number) => MlxConfigCodes.RankStale.At(facts.ConfigName, $"{number.Field} is {number.Shown}, but the tensors have rank {rank}");
    }
}
