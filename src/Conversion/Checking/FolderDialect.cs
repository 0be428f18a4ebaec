using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Checking;

/// <summary>Tells by a config's fields whose folder it is, so that a reader of the other dialect gives one finding instead of one for each field.</summary>
internal static class FolderDialect
{
    private static readonly string[] MlxFields = ["lora_parameters", "fine_tune_type", "lora_layers", "unsloth_mlx_lora_module_paths", "num_layers"];
    private static readonly string[] PeftFields = ["r", "lora_alpha", "target_modules", "peft_version", "target_parameters"];

    /// <summary>Whether only PEFT would have written it; <c>peft_type</c> alone tells nothing, since Unsloth writes it for MLX too.</summary>
    public static bool IsPeft(JsonObject config) => PeftFields.Any(config.Contains) && !MlxFields.Any(config.Contains);

    /// <summary>Whether only an MLX program would have written it.</summary>
    public static bool IsMlx(JsonObject config) => MlxFields.Any(config.Contains) && !PeftFields.Any(config.Contains);
}
