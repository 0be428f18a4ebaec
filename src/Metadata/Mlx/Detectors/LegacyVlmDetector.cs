using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary><c>A</c> and <c>B</c> for the factors, or <c>alpha</c> at the top of the config: mlx-vlm until 0.5.</summary>
internal sealed class LegacyVlmDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        if (facts.HasLegacyNames || facts.Config is { IsLegacyVlm: true })
        {
            yield return MlxConfigCodes.LegacyForm.At(
                facts.ConfigName, "the folder has the form of mlx-vlm until 0.5; 0.6 and later load no tensor of it under lora_parameters");
        }
    }
}
