using System.Collections.Frozen;
using System.Collections.Immutable;
using Transfuse.Formats.Json;
using static Transfuse.Metadata.Peft.PeftFieldEffect;
using static Transfuse.Metadata.Peft.PeftFieldKind;
using static Transfuse.Metadata.Peft.PeftFieldTraits;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// The fields of PEFT's LoRA config and of its base classes, one row a field (PEFT 0.21, <c>config.py</c> and <c>tuners/lora/config.py</c>; the
/// first versions by its history). Whoever needs a list of fields asks for it here.
/// </summary>
internal static class PeftFields
{
    private const string Neutral = "no reader takes the value, and it does not change what the adapter does";
    private const string TensorsTell = "PEFT refuses the value; the tensors tell which modules are adapted";

    private static readonly JsonValue Null = JsonNull.Instance;
    private static readonly JsonValue False = JsonBoolean.False;
    private static readonly PeftMending Cleared = new(Null, Neutral);

    /// <summary>Every field: first those of all methods, then LoRA's by age.</summary>
    public static ImmutableArray<PeftField> All { get; } =
    [
        new("peft_type", Text, 0, null, Nothing, Understood),
        new("task_type", Text, 0, Null, Nothing, MayBeNull | Typed | Understood)
        {
            Rule = value => value is JsonString text && PeftTypes.Tasks.Contains(text.Value),
            Mending = new(Null, "PEFT refuses any other task; it does not change what the adapter does"),
        },
        new("base_model_name_or_path", Text, 0, Null, Nothing, MayBeNull | Understood) { Mending = Cleared },
        new("inference_mode", Flag, 0, False, Nothing, Understood | Telling) { Mending = new(JsonBoolean.True, Neutral) },
        new("revision", Text, 5, Null, Nothing, MayBeNull | Understood) { Mending = Cleared },
        new("auto_mapping", Map, 5, Null, Nothing, MayBeNull | Understood | WholeConfigs) { Mending = Cleared },
        new("peft_version", Text, 18, null, Nothing, Understood | Telling | Undated)
        {
            Rule = value => value is JsonString text && PeftVersion.TryParse(text.Value, out _),
            Mending = new(null, "it is no version"),
        },
        new("r", Integer, 0, JsonNumber.Of(PeftConfig.DefaultRank), Scale, Typed | Understood | Telling),
        new("target_modules", NamesOrPattern, 0, Null, Selects, MayBeNull | Typed | Understood | Telling) { Mending = new(new JsonArray([]), TensorsTell) },
        new("lora_alpha", Number, 0, JsonNumber.Of((long)PeftConfig.DefaultAlpha), Scale, Typed | Understood | Telling),
        new("lora_dropout", Number, 0, JsonNumber.Of(0.0), Nothing, Untold | Understood)
        {
            Rule = PeftDropout.IsProbability,
            Mending = new(JsonNumber.Of(0.0), Neutral),
        },
        new("fan_in_fan_out", Flag, 0, False, Nothing, Understood) { Mending = new(False, Neutral) },
        new("bias", Text, 0, new JsonString("none"), Replaces, Understood),
        new("merge_weights", Flag, 0, null, Nothing, Undated),
        new("enable_lora", Flag, 0, null, Variant, Undated),
        new("modules_to_save", Names, 1, Null, Replaces, MayBeNull | Typed | Understood | Undated)
        {
            Mending = new(Null, "PEFT refuses the value; the tensors tell which modules were trained whole"),
        },
        new("init_lora_weights", Initialisation, 3, JsonBoolean.True, Base, Untold | Typed | Understood),
        new("layers_pattern", NamesOrPattern, 4, Null, Selects, MayBeNull | Typed | Understood | WholeConfigs),
        new("layers_to_transform", IntegerOrIntegers, 4, Null, Selects, MayBeNull | Typed | Understood),
        new("alpha_pattern", Map, 6, JsonObject.Empty, Scale, Untold | Typed | Understood),
        new("rank_pattern", Map, 6, JsonObject.Empty, Scale, Typed | Understood),
        new("loftq_config", Map, 7, JsonObject.Empty, Nothing, WholeConfigs),
        new("megatron_core", Text, 7, new JsonString("megatron.core"), Nothing, MayBeNull | Understood | WholeConfigs),
        new("megatron_config", Map, 7, Null, Nothing, MayBeNull)
        {
            Rule = _ => false,
            Mending = new(Null, "PEFT imports Megatron for it, which a model of transformers does not need; it does not change what the adapter does"),
        },
        new("use_rslora", Flag, 8, False, Scale, Untold | Understood),
        new("use_dora", Flag, 9, False, Variant, Understood),
        new("layer_replication", Ranges, 10, Null, Variant, MayBeNull | Untold | Typed),
        new("runtime_config", Map, 12, null, Nothing, Undated),
        new("eva_config", Map, 14, Null, Nothing, MayBeNull),
        new("lora_bias", Flag, 14, False, Variant, None),
        new("exclude_modules", NamesOrPattern, 14, Null, Selects, MayBeNull | Typed | Understood) { Mending = new(Null, TensorsTell) },
        new("corda_config", Map, 15, Null, Nothing, MayBeNull),
        new("trainable_token_indices", IntegersByName, 15, Null, Replaces, MayBeNull),
        new("qalora_group_size", Integer, 16, JsonNumber.Of(16), Nothing, Understood),
        new("use_qalora", Flag, 16, False, Variant, Untold),
        new("target_parameters", Names, 17, Null, Selects, MayBeNull | Typed | Understood | Telling),
        new("ensure_weight_tying", Flag, 18, False, Replaces, Understood),
        new("arrow_config", Map, 18, Null, Variant, MayBeNull),
        new("alora_invocation_tokens", Integers, 18, Null, Variant, MayBeNull | Untold),
        new("use_bdlora", Map, 19, Null, Variant, MayBeNull | Untold),
        new("lora_ga_config", Map, 19, Null, Nothing, MayBeNull),
        new("velora_config", Map, 20, Null, Nothing, MayBeNull),
        new("monteclora_config", Map, 20, Null, Nothing, MayBeNull),
        new("kasa_config", Map, 21, Null, Variant, MayBeNull),
    ];

    private static readonly FrozenDictionary<string, PeftField> ByName = All.ToFrozenDictionary(field => field.Name, StringComparer.Ordinal);

    /// <summary>The field of a name, or <see langword="null"/>.</summary>
    public static PeftField? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>
    /// Dates a config that does not name its PEFT version by its fields: PEFT writes every field that it knows, whatever its value. The newest field, or
    /// <see langword="null"/> where the config is none that PEFT writes as a whole.
    /// </summary>
    public static PeftField? Newest(JsonObject config) =>
        HasAny(config, WholeConfigs) ? All.Where(field => !field.Is(Undated) && config.Contains(field.Name)).MaxBy(field => field.Since) : null;

    /// <summary>The fields of which all these traits hold.</summary>
    public static IEnumerable<PeftField> With(PeftFieldTraits traits) => All.Where(field => field.Is(traits));

    /// <summary>Whether a config has one of the fields of which these traits hold.</summary>
    public static bool HasAny(JsonObject config, PeftFieldTraits traits) => With(traits).Any(field => config.Contains(field.Name));
}
