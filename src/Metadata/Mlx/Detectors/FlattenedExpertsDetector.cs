using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>Stacked experts whose <c>lora_a</c> is <c>(E r, in)</c>, expert by expert: mlx-lm 0.14.0 to 0.28.2.</summary>
internal sealed class FlattenedExpertsDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        string[] flattened =
        [
            .. facts.Modules.Select(module => module.Evidence)
                .Where(module => RankInference.Infer(module.A, module.B, module.IsLayerBacked).Form == MlxFactorShape.FlattenedExperts)
                    .Select(module => module.Path),
        ];
        if (flattened.Length > 0)
        {
            yield return MlxConfigCodes.LegacyForm.At(
                flattened, "lora_a has two dimensions, as mlx-lm 0.14.0 to 0.28.2 wrote; later readers refuse it");
        }
    }
}
