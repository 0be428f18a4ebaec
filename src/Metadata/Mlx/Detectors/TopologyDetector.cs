using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>An explicit list of modules that the file contradicts: only the listed modules count.</summary>
internal sealed class TopologyDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        foreach (string path in facts.Inferred.Missing)
        {
            yield return MlxConfigCodes.ListedModuleMissing.At(path, $"is listed in {MlxTopology.Field}, but {facts.WeightsFile} has no tensors of it");
        }

        foreach (string path in facts.Inferred.Unlisted)
        {
            yield return MlxConfigCodes.UnlistedModule.At(path, $"has tensors in {facts.WeightsFile}, but {MlxTopology.Field} does not list it");
        }
    }
}
