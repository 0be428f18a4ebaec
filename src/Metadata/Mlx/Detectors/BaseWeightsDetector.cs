using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>Weights of the base beside the adapter: modules that a trainer left unfrozen, continued pretraining, or what a wrapped layer leaked.</summary>
internal sealed class BaseWeightsDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        if (facts.OtherTensors.Length > 0)
        {
            yield return MlxConfigCodes.BaseWeights.At(
                facts.OtherTensors, $"of the base, not of an adapter; in {facts.WeightsFile}");
        }
    }
}
