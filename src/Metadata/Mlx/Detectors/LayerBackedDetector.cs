using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>Factors that are layers, named <c>lora_a.weight</c>: Unsloth.</summary>
internal sealed class LayerBackedDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        string[] backed = [.. facts.Modules.Where(module => module.Form == MlxFactorForm.Layers).Select(module => module.Evidence.Path)];
        if (backed.Length > 0)
        {
            yield return MlxConfigCodes.LegacyForm.At(backed, "the factors are layers (lora_a.weight), which mlx-lm 0.32 refuses");
        }
    }
}
