using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>A <c>fine_tune_type</c> that is missing, unknown, or contradicted by the presence or absence of magnitudes.</summary>
internal sealed class FineTuneTypeDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        bool hasNoType = facts.Inferred.Kind == FineTuneKind.Mixed && facts.Config is { IsUnsloth: false } && !facts.HasStrayMagnitudes;
        if (facts.Config is not { } config || config.HasLoraLayers || config.IsLegacyVlm || hasNoType)
        {
            yield break;
        }

        if (facts.HasStrayMagnitudes)
        {
            int with = facts.Modules.Count(module => module.Evidence.HasMagnitude);
            yield return MlxConfigCodes.StrayMagnitudes.At(
                facts.ConfigName, $"fine_tune_type is \"lora\", and {with} of {facts.Modules.Length} modules have an m");
            yield break;
        }

        if (config.Text("fine_tune_type") == FineTuneKind.Dora.ToText() && facts.Inferred.Kind == FineTuneKind.Lora)
        {
            yield return MlxConfigCodes.MagnitudesLost.At(facts.ConfigName, $"fine_tune_type is \"dora\", and none of {facts.Modules.Length} modules has an m");
            yield break;
        }

        string meant = facts.Inferred.Kind.ToText();
        if (config.Text("fine_tune_type") != meant)
        {
            string stated = config.Json["fine_tune_type"] is { } value ? ConfigFields.Show(value) : "missing";
            yield return MlxConfigCodes.TypeStale.At(
                facts.ConfigName,
                $"fine_tune_type is {stated}, but the file has {(facts.Inferred.Kind == FineTuneKind.Lora ? "no magnitudes" : "magnitudes")}: {meant}");
        }
    }
}
