using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary><c>lora_layers</c>, which mlx-lm 0.19 renamed to <c>num_layers</c>.</summary>
internal sealed class LoraLayersDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        if (facts.Config is { HasLoraLayers: true } config)
        {
            yield return MlxConfigCodes.LegacyForm.At(
                facts.ConfigName, $"lora_layers is {config.Number("lora_layers").Shown}; mlx-lm 0.19 and later call it num_layers");
        }
    }
}
