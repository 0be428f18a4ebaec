using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary><c>num_layers</c> that does not reach every layer with tensors: mlx-lm 0.19.0 to 0.21.4 trained all layers whatever it said.</summary>
internal sealed class LayersDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        if (facts.Config is not { IsLegacyVlm: false } config || facts.Layers is not { } layers)
        {
            yield break;
        }

        MlxNumber stated = config.Number(config.HasLoraLayers ? "lora_layers" : "num_layers");
        if (stated.AsInteger is not { } count)
        {
            yield return Stale(
                stated.Value is { } value && double.IsInteger(value)
                    ? $"{stated.Field} is {stated.Shown}, more than any model has"
                    : $"{stated.Field} is {stated.Shown}, not an integer");
        }
        else if (!layers.IsReachedBy(count, facts.BaseLayers))
        {
            yield return Stale(
                $"{stated.Field} is {count}, but tensors begin at layer {layers.First} of "
                + $"{(facts.BaseLayers is { } total ? $"{total}" : $"at least {layers.Last + 1L}")}, as with mlx-lm 0.19.0 to 0.21.4");
        }

        Finding Stale(string message) => MlxConfigCodes.LayersStale.At(facts.ConfigName, message);
    }
}
