using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// The forms in which PEFT (0.21) takes the fields of its configs. It checks no type: a rank of <c>8.0</c> fails where a layer is made of it, a <c>peft_type</c> of <c>lora</c> where it is looked up.
/// A value in another form that has one meaning only gets the form that PEFT takes.
/// </summary>
public static class PeftFieldForms
{
    private static readonly ImmutableArray<string> Biases = ["none", "all", "lora_only"];

    // One row a field; fields whose values are lists or objects have the form of what these hold.
    private static readonly ImmutableArray<(string Field, Func<JsonValue, JsonValue?> Form, string Reason)> Fields =
    [
        .. Rows(
            Integer, "an integer without a point",
            "r", "rank_pattern", "layers_to_transform", "layer_replication", "trainable_token_indices", "alora_invocation_tokens", "qalora_group_size",
            "init_r", "target_r", "decompose_factor", "num_vectors", "vector_length", "topk", "oft_block_size"),
        .. Rows(Number, "a number, not a string", "lora_alpha", "lora_dropout", "alpha_pattern", "alpha"),
        .. Rows(Boolean, "true or false, as Python takes the number", "use_rslora", "use_dora", "lora_bias", "use_qalora", "ensure_weight_tying", "fan_in_fan_out", "inference_mode"),
        ("peft_type", value => Name(value, PeftTypes.All), "PEFT's names are in upper case"),
        ("task_type", value => Name(value, PeftTypes.Tasks), "PEFT's names are in upper case"),
        ("bias", value => Name(value, Biases), "PEFT's names are in lower case"),
    ];

    /// <summary>The fields that stand in another form than PEFT takes, with the value in PEFT's form and what that is.</summary>
    public static IEnumerable<(string Field, JsonValue Value, string Reason)> Of(JsonObject config) => Fields
        .Select(row => (row.Field, Value: config[row.Field] is { } value ? Formed(value, row.Form) : null, row.Reason))
        .Where(row => row.Value is not null)
        .Select(row => (row.Field, row.Value!, row.Reason));

    /// <summary>The config with every such field in PEFT's form, where it was.</summary>
    public static JsonObject Apply(JsonObject config)
    {
        Dictionary<string, JsonValue> formed = Of(config).ToDictionary(field => field.Field, field => field.Value, StringComparer.Ordinal);
        return formed.Count == 0 ? config : new JsonObject(config.Members.Select(member => KeyValuePair.Create(member.Key, formed.GetValueOrDefault(member.Key, member.Value))));
    }

    /// <summary>The name of a list that a text is but for upper and lower case, or <see langword="null"/>.</summary>
    internal static string? NameIn(IEnumerable<string> names, string text) => names.FirstOrDefault(name => string.Equals(name, text, StringComparison.OrdinalIgnoreCase));

    /// <summary>The name that a bias mode is but for upper and lower case, or <see langword="null"/>.</summary>
    internal static string? BiasOf(string text) => NameIn(Biases, text);

    private static IEnumerable<(string Field, Func<JsonValue, JsonValue?> Form, string Reason)> Rows(Func<JsonValue, JsonValue?> form, string reason, params string[] fields) =>
        fields.Select(field => (field, form, reason));

    // The value, or what it holds, in another form; null where it has that form, or none can be told.
    private static JsonValue? Formed(JsonValue value, Func<JsonValue, JsonValue?> form)
    {
        switch (value)
        {
            case JsonArray list:
                JsonValue?[] items = [.. list.Items.Select(item => Formed(item, form))];
                return Array.TrueForAll(items, item => item is null) ? null : new JsonArray([.. items.Select((item, index) => item ?? list.Items[index])]);
            case JsonObject entries:
                JsonValue?[] values = [.. entries.Members.Select(member => Formed(member.Value, form))];
                return Array.TrueForAll(values, item => item is null)
                    ? null
                    : new JsonObject(entries.Members.Select((member, index) => KeyValuePair.Create(member.Key, values[index] ?? member.Value)));
            default:
                return form(value);
        }
    }

    private static JsonNumber? Integer(JsonValue value) =>
        MlxNumber.Of(string.Empty, value) is { AsInteger: { } integer } number && (number.IsText || number.IsIntegralFloat) ? JsonNumber.Of(integer) : null;

    private static JsonNumber? Number(JsonValue value) => MlxNumber.Of(string.Empty, value) is not { IsText: true, Value: { } number } ? null
        : double.IsInteger(number) && Math.Abs(number) < int.MaxValue ? JsonNumber.Of((long)number) : JsonNumber.Of(number);

    private static JsonBoolean? Boolean(JsonValue value) => JsonFields.ReadBoolean(value, out bool flag) == FieldOutcome.BooleanAsNumber ? JsonBoolean.Of(flag) : null;

    private static JsonString? Name(JsonValue value, IReadOnlyCollection<string> names) =>
        value is JsonString { Value: var text } && !names.Contains(text) && NameIn(names, text) is { } name ? new JsonString(name) : null;
}
