using System.Collections.Immutable;
using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Peft;

/// <summary>Dates a config that does not name its PEFT version by its fields: PEFT writes every field that it knows, whatever its value.</summary>
internal static class PeftFieldAge
{
    // Fields that hold nothing as a rule: who writes configs by hand leaves them out.
    private static readonly string[] OfWholeConfigs = ["auto_mapping", "layers_pattern", "megatron_core", "loftq_config"];

    private static readonly ImmutableArray<(string Field, int Minor)> Since =
    [
        ("velora_config", 20), ("monteclora_config", 20), ("use_bdlora", 19), ("lora_ga_config", 19), ("ensure_weight_tying", 18), ("arrow_config", 18),
        ("alora_invocation_tokens", 18),
        ("target_parameters", 17), ("qalora_group_size", 16), ("use_qalora", 16), ("corda_config", 15), ("trainable_token_indices", 15), ("eva_config", 14),
        ("lora_bias", 14), ("exclude_modules", 14),
        ("layer_replication", 10), ("use_dora", 9), ("use_rslora", 8), ("loftq_config", 7), ("megatron_core", 7), ("megatron_config", 7), ("alpha_pattern", 6),
        ("rank_pattern", 6), ("revision", 5),
        ("auto_mapping", 5), ("layers_pattern", 4), ("layers_to_transform", 4), ("init_lora_weights", 3),
    ];

    /// <summary>The newest field and the first 0.x that has it; <see langword="null"/> where the config is none that PEFT writes as a whole.</summary>
    public static (string Field, int Minor)? Newest(JsonObject config) =>
        OfWholeConfigs.Any(config.Contains) && Since.FirstOrDefault(field => config.Contains(field.Field)) is { Field: not null } newest ? newest : null;
}
