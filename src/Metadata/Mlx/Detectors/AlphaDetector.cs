using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary><c>lora_parameters.alpha</c>, a factor of the scale before mlx-lm 0.14.2, without meaning since, and left out since 0.22.3.</summary>
internal sealed class AlphaDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        if (facts.Config?.Parameters["alpha"] is not null)
        {
            yield return MlxConfigCodes.LegacyForm.At(facts.ConfigName, "lora_parameters.alpha is there; mlx-lm 0.14.2 and later take the scale alone");
        }
    }
}
