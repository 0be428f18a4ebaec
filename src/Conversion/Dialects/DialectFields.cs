using Transfuse.Formats.Json;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects;

/// <summary>
/// Fields that a config of one dialect alone has. The config's file name and <c>peft_type</c> tell nothing: both dialects use the first,
/// and Unsloth writes the second into MLX configs.
/// </summary>
internal static class DialectFields
{
    private static readonly string[] Mlx = ["lora_parameters", "fine_tune_type", "lora_layers", "num_layers", MlxTopology.Field];
    private static readonly string[] Peft = ["lora_alpha", "r", "target_modules", "target_parameters", "peft_version", "inference_mode"];

    /// <summary>Whether the config has a field of PEFT's.</summary>
    public static bool HasPeft(JsonObject config) => Peft.Any(config.Contains);

    /// <summary>Whether the config has a field of MLX's.</summary>
    public static bool HasMlx(JsonObject config) => Mlx.Any(config.Contains);

    /// <summary>Whether only PEFT would have written it.</summary>
    public static bool IsPeft(JsonObject config) => HasPeft(config) && !HasMlx(config);

    /// <summary>Whether only an MLX program would have written it.</summary>
    public static bool IsMlx(JsonObject config) => HasMlx(config) && !HasPeft(config);
}
