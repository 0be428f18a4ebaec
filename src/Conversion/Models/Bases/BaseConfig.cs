using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>
/// A base model's <c>config.json</c>, in the spellings of transformers 4, transformers 5 and MLX folders. Fields of a
/// vision-language model's <c>text_config</c> come before those of the same name outside it.
/// </summary>
/// <param name="root">The parsed file.</param>
/// <seealso cref="Transfuse.Conversion.Models.Bases.BaseModel" />
public sealed class BaseConfig(JsonObject root)
{
    /// <summary>The most experts that a layer is believed to have; the largest models of 2026 have 512.</summary>
    internal const int MaxExperts = 16_384;

    private static readonly string[] TowerWords = ["vision", "visual", "audio", "image", "speech", "thinker"];

    private readonly JsonObject? _text = root["text_config"] as JsonObject;

    /// <summary>The parsed file.</summary>
    public JsonObject Root { get; } = root;

    /// <summary>The model type, such as <c>llama</c>, or <see langword="null"/>.</summary>
    public string? ModelType => (Root["model_type"] as JsonString)?.Value;

    /// <summary>The model type's entry in the table, or <see langword="null"/>.</summary>
    internal Architecture? Architecture => ModelType is { } modelType ? ArchitectureTable.Default.Find(modelType) : null;

    /// <summary>The classes of transformers that <c>architectures</c> names, such as <c>LlamaForCausalLM</c>; empty where it does not.</summary>
    public ImmutableArray<string> ClassNames =>
        Root["architectures"] is JsonArray names ? [.. names.Items.OfType<JsonString>().Select(name => name.Value)] : [];

    /// <summary>Whether the classes are those of models without a head, whose modules are named without the model's root.</summary>
    internal bool IsBare => ClassNames is { IsEmpty: false } names && names.All(name => name.EndsWith("Model", StringComparison.Ordinal));

    /// <summary>
    /// Whether it describes a part beside the language model: an object such as <c>vision_config</c> or <c>audio_config</c>, or the language model's own in
    /// <c>text_config</c>.
    /// </summary>
    internal bool HasTowers => _text is not null || Root.Members.Any(member =>
        member.Value is JsonObject && TowerWords.Any(word => member.Key.Contains(word, StringComparison.Ordinal)));

    /// <summary>How MLX quantized the weights, or <see langword="null"/>.</summary>
    public MlxQuantization? Quantization => Root["quantization"] is JsonObject block ? MlxQuantization.Read(block) : null;

    /// <summary>Whether a field is there and not null.</summary>
    public bool Contains(string field) => Find(field) is not null;

    /// <summary>A field as a number, or <see langword="null"/> where it is absent or of another kind.</summary>
    /// <param name="field">A name, or several joined with points for nested objects and list elements.</param>
    public double? GetNumber(string field) => (Find(field) as JsonNumber)?.Value;

    /// <summary>A field as an integer, also from an integral float, or <see langword="null"/>.</summary>
    /// <param name="field">A name, or several joined with points for nested objects and list elements.</param>
    public long? GetInteger(string field) => Find(field) is JsonNumber number && number.TryGetInteger(out long value) ? value : null;

    /// <summary>A field as a truth value, or <see langword="null"/>.</summary>
    public bool? GetBoolean(string field) => (Find(field) as JsonBoolean)?.Value;

    /// <summary>The type of a layer by <c>layer_types</c>, or <see langword="null"/>.</summary>
    public string? LayerType(int layer) =>
        Find("layer_types") is JsonArray types && layer < types.Items.Length ? (types.Items[layer] as JsonString)?.Value : null;

    /// <summary>Number of decoder layers, or <see langword="null"/>.</summary>
    internal long? LayerCount(Architecture architecture) => First(architecture.Config.Layers);

    /// <summary>Number of experts that a layer routes to, or <see langword="null"/>.</summary>
    internal long? ExpertCount(Architecture architecture) => First(architecture.Config.Experts);

    /// <summary>Number of entries of the vocabulary, or <see langword="null"/>.</summary>
    public long? VocabularySize => GetInteger("vocab_size");

    /// <summary>An extent of the experts' matrices, or <see langword="null"/>.</summary>
    internal long? Dimension(Architecture architecture, ExpertDimension dimension) => dimension switch
    {
        ExpertDimension.Width => First(architecture.Config.Width),
        ExpertDimension.Latent => First(architecture.Config.Latent),
        _ => First(architecture.Config.Hidden),
    };

    /// <summary>The tying flag as mlx-lm reads it: within <c>text_config</c> alone where there is one.</summary>
    internal bool? TyingForMlx(string field) => ((_text ?? Root)[field] as JsonBoolean)?.Value;

    /// <summary>The tying flag as transformers reads it: outside <c>text_config</c> first.</summary>
    internal bool? TyingForHuggingFace(string field) => (Root[field] as JsonBoolean ?? _text?[field] as JsonBoolean)?.Value;

    private long? First(IEnumerable<string> fields) => fields.Select(GetInteger).FirstOrDefault(value => value is not null);

    private JsonValue? Find(string field) => (_text is null ? null : Walk(_text, field)) ?? Walk(Root, field);

    private static JsonValue? Walk(JsonValue start, string field)
    {
        JsonValue? value = start;
        foreach (string name in field.Split('.'))
        {
            value = value switch
            {
                JsonObject node => node[name],
                JsonArray list when PathPattern.TryParseIndex(name, out int index) && index < list.Items.Length => list.Items[index],
                _ => null,
            };
        }

        return value is JsonNull ? null : value;
    }
}
