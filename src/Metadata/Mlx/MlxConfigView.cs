using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;

namespace Transfuse.Metadata.Mlx;

/// <summary>The fields of an MLX config that mean something, current and old, each as it stands: nothing is judged here.</summary>
/// <param name="json">The config; empty where the folder has none.</param>
internal sealed class MlxConfigView(JsonObject json)
{
    private static readonly string[] NumberFields =
    [
        "lora_parameters.rank", "lora_parameters.scale", "lora_parameters.dropout", "lora_parameters.alpha",
        "num_layers", "lora_layers", "rank", "scale", "dropout", "alpha",
    ];

    public JsonObject Json => json;

    /// <summary><c>lora_parameters</c>, or an empty object where it is none.</summary>
    public JsonObject Parameters => json["lora_parameters"] as JsonObject ?? JsonObject.Empty;

    /// <summary>Every field that is a number where it is there.</summary>
    public IEnumerable<MlxNumber> Numbers => NumberFields.Select(Number).Where(number => number.Json is not null);

    /// <summary>Unsloth's word on whether its loader must quantize the base first.</summary>
    public const string RuntimeQuantization = "requires_unsloth_mlx_runtime_quantization";

    /// <summary>Whether Unsloth wrote it: it alone has these fields.</summary>
    public bool IsUnsloth => json.Contains(MlxTopology.Field) || json.Contains(RuntimeQuantization);

    /// <summary>Whether it has the form of mlx-lm 0.6 to 0.18: <c>lora_layers</c> in place of <c>num_layers</c>.</summary>
    public bool HasLoraLayers => json.Contains("lora_layers") && !json.Contains("num_layers");

    /// <summary>Whether it has a field that mlx-lm writes since 0.19 only.</summary>
    public bool HasCurrentField => json.Contains("num_layers") || json.Contains("fine_tune_type");

    /// <summary>Whether it has a field that mlx-lm wrote until 0.18 only.</summary>
    public bool HasOldField => json.Contains("lora_layers") || json.Contains("use_dora");

    /// <summary>Whether mlx-lm 0.19 or later wrote it: both fields that are new in it, or one of them where no older field speaks against it.</summary>
    public bool IsCurrent => json.Contains("num_layers") && json.Contains("fine_tune_type") || (HasCurrentField && !HasOldField);

    /// <summary>Whether it has the form of mlx-vlm until 0.5: <c>rank</c> and <c>alpha</c> at the top, and no <c>lora_parameters</c>.</summary>
    public bool IsLegacyVlm => !json.Contains("lora_parameters") && json.Contains("alpha");

    /// <summary>The explicit list of modules.</summary>
    public MlxTopology Topology => MlxTopology.Read(json[MlxTopology.Field]);

    /// <summary><c>lora_parameters.keys</c>, or <see langword="null"/> where it is no list of strings.</summary>
    public ImmutableArray<string>? Keys => JsonFields.ReadStrings(Parameters["keys"], out ImmutableArray<string> keys) == FieldOutcome.Ok ? keys : null;

    /// <summary>A number, by its name or as <c>lora_parameters.name</c>.</summary>
    public MlxNumber Number(string field) => MlxNumber.Read(json, field);

    /// <summary>A string that is not empty, or <see langword="null"/>.</summary>
    public string? Text(string field) => json[field] is JsonString { Value.Length: > 0 } text ? text.Value : null;

    public bool IsTrue(string field) => json[field] is JsonBoolean { Value: true };
}
