using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Stages;

/// <summary>Lists in one finding the config fields that stay behind when an adapter leaves its dialect.</summary>
internal static class LeftOutFields
{
    // Read into the neutral adapter, or without meaning where they have their default; PEFT's are known to its table.
    private static readonly string[] UnderstoodOfMlx =
    [
        "adapter_path", "base_model_commit_hash", "base_model_revision", "dropout", "fine_tune_type", "lora_layers", "lora_parameters", "model", "num_layers", "rank", "scale",
        MlxTopology.Field,
    ];

    public static void Report(JsonObject config, string configName, FindingLog log)
    {
        string[] names = [.. config.Members.Where(field => !IsUnderstood(field.Key) && !IsEmpty(field.Value)).Select(field => field.Key)];
        if (names.Length > 0)
        {
            log.Add(TargetCodes.FieldsLeftOut.At(configName, string.Join(", ", names)));
        }
    }

    private static bool IsUnderstood(string name) =>
        PeftFields.Find(name)?.Is(PeftFieldTraits.Understood) == true || UnderstoodOfMlx.Contains(name);

    private static bool IsEmpty(JsonValue value) => value switch
    {
        JsonNull => true,
        JsonBoolean flag => !flag.Value,
        JsonArray list => list.Items.IsEmpty,
        JsonObject fields => fields.Members.IsEmpty,
        _ => false,
    };
}
