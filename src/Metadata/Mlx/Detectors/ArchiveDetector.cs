using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>Weights in a npz archive, as mlx-lm wrote until 0.5.</summary>
internal sealed class ArchiveDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        if (facts.IsArchive)
        {
            yield return MlxConfigCodes.LegacyForm.At(facts.WeightsFile, "is a npz archive, as mlx-lm wrote before 0.6");
        }
    }
}
