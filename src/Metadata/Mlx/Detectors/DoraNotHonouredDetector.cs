using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary><c>use_dora</c> without magnitudes: mlx-lm 0.14.2 to 0.16.0 lost the argument and trained plain LoRA.</summary>
internal sealed class DoraNotHonouredDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        if (facts.Config is { } config && config.IsTrue("use_dora") && facts.Inferred.Kind == FineTuneKind.Lora)
        {
            yield return MlxConfigCodes.TypeStale.At(
                facts.ConfigName, "use_dora is true, but the file has no magnitudes: mlx-lm 0.14.2 to 0.16.0 trained plain LoRA then");
        }
    }
}
