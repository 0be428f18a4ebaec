using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx;

/// <summary>Reads what MLX configs say. Content that is wrong becomes a finding that names the field.</summary>
public static class MlxSettingsReader
{
    /// <summary>Reads a config.</summary>
    /// <param name="config">The config, or <see langword="null"/> where the folder has none.</param>
    /// <param name="evidence">What the weights file tells.</param>
    /// <param name="given">What the caller decided.</param>
    /// <param name="fileName">The config's name in findings.</param>
    /// <param name="log">Receives findings.</param>
    /// <returns>The settings, or <see langword="null"/> with an error in the log.</returns>
    public static MlxSettings? Read(JsonObject? config, MlxEvidence evidence, MlxGiven given, string fileName, FindingLog log)
    {
        var fields = new MlxFields(config ?? JsonObject.Empty, fileName, log);
        double? scale = given.Scale ?? MlxScale.Resolve(fields, evidence, given.Producer, config is not null);
        double? dropout = given.Dropout ?? MlxDropout.Resolve(fields, config is not null);
        if (scale is not { } multiplier || dropout is not { } probability)
        {
            return null;
        }

        return new MlxSettings
        {
            Scale = multiplier,
            Dropout = probability,
            Rank = fields.Integer("lora_parameters.rank") ?? fields.Integer("rank"),
            FineTuneType = fields.Text("fine_tune_type"),
            NumLayers = fields.Integer("num_layers") ?? fields.Integer("lora_layers"),
            NumLayersIsTotal = fields.Has("unsloth_mlx_lora_module_paths"),
            BaseId = fields.Text("model") ?? fields.Text("base_model_name_or_path"),
            BaseRevision = fields.Text("base_model_commit_hash") ?? fields.Text("base_model_revision"),
            Keys = fields.Strings("lora_parameters.keys"),
        };
    }
}
