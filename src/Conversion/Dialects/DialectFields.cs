using Transfuse.Formats.Json;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects;

/// <summary>
/// Fields that a config of one dialect alone has. The config's file name and <c>peft_type</c> tell nothing: both dialects use the first,
/// and Unsloth writes the second into MLX configs.
/// </summary>
internal static class DialectFields
{
    // Models have a field of this name too (LongCat).
    private const string LayerCount = "num_layers";

    private static readonly string[] Mlx = ["lora_parameters", "fine_tune_type", "lora_layers", LayerCount, MlxTopology.Field];

    /// <summary>Whether the config has a field of PEFT's.</summary>
    public static bool HasPeft(JsonObject config) => PeftFields.HasAny(config, PeftFieldTraits.Telling);

    /// <summary>Whether the config has a field of MLX's.</summary>
    public static bool HasMlx(JsonObject config) => Mlx.Any(config.Contains);

    /// <summary>Whether only PEFT would have written it.</summary>
    public static bool IsPeft(JsonObject config) => HasPeft(config) && !HasMlx(config);

    /// <summary>Whether only an MLX program would have written it.</summary>
    public static bool IsMlx(JsonObject config) => HasMlx(config) && !HasPeft(config);

    /// <summary>
    /// Whether it is a model's own config.json: it names the model's classes or sizes, and has no field of an adapter but ones that models have too.
    /// </summary>
    public static bool IsModel(JsonObject config) =>
        config.Contains("model_type") && (config.Contains("architectures") || config.Contains("hidden_size") || config.Contains("text_config"))
        && !HasPeft(config) && !config.Contains("peft_type") && !Mlx.Any(field => field != LayerCount && config.Contains(field));
}
