using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>Modules of different rank: mlx-lm until 0.31 and mlx-swift-lm load them, 0.32 refuses.</summary>
internal sealed class DifferingRanksDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        long[] ranks =
            [.. facts.Modules.Select(
                module =>
                    RankInference.Infer(module.Evidence.A, module.Evidence.B, module.Evidence.IsLayerBacked).Rank).Where(rank => rank > 0).Distinct().Order()];
        if (ranks.Length > 1)
        {
            yield return MlxConfigCodes.RanksDiffer.At(facts.WeightsFile, $"has ranks {string.Join(", ", ranks.Take(8))}");
        }
    }
}
