using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>Weights of the base beside the adapter: modules that a trainer left unfrozen, continued pretraining, or what a wrapped layer leaked.</summary>
internal sealed class BaseWeightsDetector : IMlxDetector
{
    public IEnumerable<MlxTrait> Detect(MlxFolderFacts facts)
    {
        if (facts.OtherTensors.Length > 0)
        {
            yield return new MlxTrait(MlxTraitKind.BaseWeights, MlxConfigCodes.BaseWeights.At(
                facts.OtherTensors[0], $"and {facts.OtherTensors.Length - 1} more in {facts.WeightsFile} are weights of the base"));
        }
    }
}
