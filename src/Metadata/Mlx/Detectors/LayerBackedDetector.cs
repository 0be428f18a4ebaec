using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>Factors that are layers, named <c>lora_a.weight</c>: Unsloth.</summary>
internal sealed class LayerBackedDetector : IMlxDetector
{
    public IEnumerable<MlxTrait> Detect(MlxFolderFacts facts)
    {
        if (facts.Modules.FirstOrDefault(module => module.Form == MlxFactorForm.Layers) is { } module)
        {
            yield return new MlxTrait(MlxTraitKind.LayerBacked, MlxConfigCodes.LegacyForm.At(module.Evidence.Path, "and others have factors that are layers, which mlx-lm 0.32 refuses"));
        }
    }
}
