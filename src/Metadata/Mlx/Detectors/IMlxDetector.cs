using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>Recognises one form of an old, foreign or damaged MLX folder. Detectors do not know each other.</summary>
internal interface IMlxDetector
{
    /// <summary>What it recognises; empty where the folder does not have the form.</summary>
    IEnumerable<Finding> Detect(MlxFolderFacts facts);
}
