using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>All detectors of old, foreign and damaged MLX folders.</summary>
internal static class MlxDetectors
{
    private static readonly ImmutableArray<IMlxDetector> All =
    [
        new ArchiveDetector(), new LoraLayersDetector(), new AlphaDetector(), new DoraNotHonouredDetector(), new LayersDetector(),
        new FlattenedExpertsDetector(), new LayerBackedDetector(), new LegacyVlmDetector(), new KeysDetector(), new NumberFormDetector(),
        new StaleRankDetector(), new DifferingRanksDetector(), new FineTuneTypeDetector(), new BaseWeightsDetector(), new TopologyDetector(),
    ];

    /// <summary>Everything that any of them recognises.</summary>
    public static ImmutableArray<Finding> Detect(MlxFolderFacts facts) => [.. All.SelectMany(detector => detector.Detect(facts))];
}
