using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Stages;

/// <summary>Lists in one finding the config fields that stay behind when an adapter leaves its dialect.</summary>
internal static class LeftOutFields
{
    // Read into the neutral adapter, or without meaning where they have their default.
    private static readonly string[] Understood =
    [
        "adapter_path", "alpha_pattern", "auto_mapping", "base_model_commit_hash", "base_model_name_or_path", "base_model_revision", "bias", "dropout", "ensure_weight_tying",
        "exclude_modules", "fan_in_fan_out", "fine_tune_type", "inference_mode", "init_lora_weights", "layers_pattern", "layers_to_transform", "lora_alpha", "lora_dropout",
        "lora_layers", "lora_parameters", "megatron_core", "model", "modules_to_save", "num_layers", "peft_type", "peft_version", "qalora_group_size", "r", "rank", "rank_pattern",
        "revision", "scale", "target_modules", "target_parameters", "task_type", MlxTopology.Field, "use_dora", "use_rslora",
    ];

    public static void Report(JsonObject config, string configName, FindingLog log)
    {
        string[] names = [.. config.Members.Where(field => !Understood.Contains(field.Key) && !IsEmpty(field.Value)).Select(field => field.Key)];
        if (names.Length > 0)
        {
            log.Add(TargetCodes.FieldsLeftOut.At(configName, string.Join(", ", names)));
        }
    }

    private static bool IsEmpty(JsonValue value) => value switch
    {
        JsonNull => true,
        JsonBoolean flag => !flag.Value,
        JsonArray list => list.Items.IsEmpty,
        JsonObject fields => fields.Members.IsEmpty,
        _ => false,
    };
}
