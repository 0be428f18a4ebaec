using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary><c>keys</c> that are missing, or reach other modules than those of the file.</summary>
internal sealed class KeysDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        if (facts.Config is not { IsLegacyVlm: false } config)
        {
            yield break;
        }

        JsonValue? stated = config.Parameters["keys"];
        if (stated is null or JsonNull)
        {
            yield return MlxConfigCodes.KeysMissing.At(facts.ConfigName, $"lora_parameters.keys is {(stated is null ? "missing" : "null")}");
        }
        else if (config.Keys is not { IsEmpty: false } keys)
        {
            yield return Stale($"is {ConfigFields.Show(stated)}, not a list of module paths");
        }
        else
        {
            MlxKeyUse reach = MlxKeyUse.Follow(keys, 0, facts.Paths, facts.BaseLayers);
            if (!reach.Unreached.IsEmpty)
            {
                yield return Stale($"do not reach {NameList.Of(reach.Unreached.Select(path => path.Text))}");
            }

            if (!reach.Doubled.IsEmpty)
            {
                yield return Stale($"name {reach.Doubled[0]} twice, by its path and below its layer, which mlx-lm refuses");
            }

            if (!reach.Idle.IsEmpty)
            {
                yield return Stale($"name {NameList.Of(reach.Idle)}, of which the file has no tensors");
            }
        }

        Finding Stale(string message) => MlxConfigCodes.KeysStale.At(facts.ConfigName, $"lora_parameters.keys {message}");
    }
}
