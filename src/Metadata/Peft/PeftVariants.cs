using System.Collections.Immutable;
using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// The settings of a LoRA config that make it more than plain LoRA, or that matter to special models only. Objects are kept as they stand;
/// <see langword="null"/> means missing or null.
/// </summary>
internal sealed record PeftVariants
{
    /// <summary><c>use_dora</c>: magnitudes belong to the modules. Default false.</summary>
    public bool UseDora { get; init; }

    /// <summary><c>lora_bias</c>: the B factors have biases. Default false.</summary>
    public bool LoraBias { get; init; }

    /// <summary><c>use_qalora</c>: inputs are pooled in groups. Default false.</summary>
    public bool UseQalora { get; init; }

    /// <summary><c>ensure_weight_tying</c>: tied modules share their adapters. Default false.</summary>
    public bool EnsureWeightTying { get; init; }

    /// <summary><c>alora_invocation_tokens</c>: the adapter works only after these tokens.</summary>
    public ImmutableArray<long>? AloraInvocationTokens { get; init; }

    /// <summary><c>trainable_token_indices</c>: a list of tokens, or an object of such lists by module; their rows are replaced.</summary>
    public JsonValue? TrainableTokenIndices { get; init; }

    /// <summary><c>layer_replication</c>: ranges of layers that the model repeats.</summary>
    public JsonArray? LayerReplication { get; init; }

    /// <summary><c>megatron_config</c>; empty counts as none.</summary>
    public JsonObject? MegatronConfig { get; init; }

    /// <summary><c>loftq_config</c>; empty counts as none.</summary>
    public JsonObject? LoftqConfig { get; init; }

    /// <summary><c>arrow_config</c>: a router over several adapters.</summary>
    public JsonObject? ArrowConfig { get; init; }

    /// <summary><c>use_bdlora</c>: factors are block-diagonal and packed.</summary>
    public JsonObject? BdLora { get; init; }

    /// <summary><c>velora_config</c>: training only.</summary>
    public JsonObject? VeloraConfig { get; init; }

    /// <summary><c>monteclora_config</c>: training only.</summary>
    public JsonObject? MontecloraConfig { get; init; }

    /// <summary><c>kasa_config</c>: a diagonal between the factors, and a truncated base.</summary>
    public JsonObject? KasaConfig { get; init; }

    /// <summary>
    /// The settings that PEFT 0.21 counts as variants of a layer and of which it takes one at most (<c>LoraLayer.resolve_lora_variant</c>), by their names in
    /// the config; the initialisation "mica" is one more.
    /// </summary>
    public ImmutableArray<string> Active() =>
    [
        .. new (string Name, bool IsOn)[]
        {
            ("use_dora", UseDora),
            ("alora_invocation_tokens", AloraInvocationTokens is { Length: > 0 }),
            ("arrow_config", ArrowConfig is not null),
            ("kasa_config", KasaConfig is not null),
            ("monteclora_config", MontecloraConfig is not null),
            ("use_bdlora", BdLora is not null),
            ("velora_config", VeloraConfig is not null),
        }.Where(variant => variant.IsOn).Select(variant => variant.Name),
    ];
}
