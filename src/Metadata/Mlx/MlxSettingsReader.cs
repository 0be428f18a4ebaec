using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx;

/// <summary>Reads what MLX configs say. Content that is wrong becomes a finding that names the field.</summary>
internal static class MlxSettingsReader
{
    /// <summary>Reads a config.</summary>
    /// <param name="facts">The folder.</param>
    /// <param name="given">What the caller decided.</param>
    /// <returns>The settings, or <see langword="null"/> with an error among the findings.</returns>
    public static Judged<MlxSettings?> Read(MlxFolderFacts facts, MlxGiven given) => Judgement.Of(log => Read(facts, given, log));

    private static MlxSettings? Read(MlxFolderFacts facts, MlxGiven given, FindingLog log)
    {
        MlxConfigView? config = facts.Config;
        var evidence = new MlxScaleEvidence
        {
            Config = config,
            IsArchive = facts.IsArchive,
            HasLegacyNames = facts.HasLegacyNames,
            Rank = facts.Inferred.Rank,
            Producer = given.Producer,
        };

        // Where two adapters are compared, the producer of one may stand beside the config of the other.
        if (!given.Overrides && MlxProducerEvidence.Contradiction(evidence) is not null)
        {
            evidence = evidence with { Producer = null };
        }

        double? scale = Settle(MlxScale.Decide(evidence, facts.ConfigName), given.Scale, "--scale", given, facts.ConfigName, log);
        double? dropout = Settle(MlxDropout.Decide(config, facts.ConfigName), given.Dropout, "--dropout", given, facts.ConfigName, log);
        if (scale is not { } multiplier || dropout is not { } probability)
        {
            return null;
        }

        MlxConfigView view = config ?? new MlxConfigView(JsonObject.Empty);
        (string? baseId, string? revision) = Base(view, facts.ConfigName, log);
        return new MlxSettings
        {
            Scale = multiplier,
            Dropout = probability,
            NumLayers = view.Number("num_layers").AsInteger ?? view.Number("lora_layers").AsInteger,
            NumLayersIsTotal = view.IsUnsloth,
            BaseId = baseId,
            BaseRevision = revision,
        };
    }

    // mlx-lm writes one field and Unsloth the other, each with a meaning of its own only.
    private static (string? Id, string? Revision) Base(MlxConfigView view, string fileName, FindingLog log)
    {
        string? model = view.Text("model");
        string? own = view.Text("base_model_name_or_path");
        bool takesOwn = model is null || (own is not null && view.IsUnsloth);
        if (model is not null && own is not null && model != own)
        {
            log.Add(MlxConfigCodes.BaseIdsDiffer.At(fileName, takesOwn
                ? $"base_model_name_or_path is {own}, but model is {model}; the first was taken, which Unsloth loads"
                : $"model is {model}, but base_model_name_or_path is {own}; the first was taken, which mlx-lm writes"));
        }

        return takesOwn || model == own ? (own, view.Text("base_model_commit_hash") ?? view.Text("base_model_revision")) : (model, null);
    }

    // The caller's value answers what the config leaves open; what it says plainly is overridden only where the caller means to.
    private static double? Settle(MlxReadingValue decided, double? wanted, string option, MlxGiven given, string fileName, FindingLog log)
    {
        bool isSame = wanted is not null && decided.Value is { } told && (float)told == (float)wanted.Value;
        if (wanted is { } value && (!decided.IsTold || (given.Overrides && !isSame)))
        {
            if (decided.IsTold)
            {
                log.Add(
                    MlxConfigCodes.Overridden.At(
                        fileName, FormattableString.Invariant($"the config says {decided.Value:R}, and {option} {value:R} was taken")));
            }

            return value;
        }

        log.AddRange(decided.Findings);
        log.AddRange(!isSame && decided.Doubt is { } doubt ? [doubt] : []);
        return decided.Value;
    }
}
