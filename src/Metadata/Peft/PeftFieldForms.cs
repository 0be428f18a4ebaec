using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// The forms in which PEFT (0.21) takes the fields of its configs. It checks no type: a rank of <c>8.0</c> fails where a layer is made of it, a
/// <c>peft_type</c> of <c>lora</c> where it is looked up.
/// A value in another form that has one meaning only gets the form that PEFT takes.
/// </summary>
internal static class PeftFieldForms
{
    private const string WithoutPoint = "an integer without a point";

    private static readonly ImmutableArray<string> Biases = ["none", "all", "lora_only"];

    // Whole numbers of methods other than LoRA.
    private static readonly ImmutableArray<string> OtherIntegers =
        ["init_r", "target_r", "decompose_factor", "num_vectors", "vector_length", "topk", "oft_block_size"];

    // Fields whose values are lists or objects have the form of what these hold.
    private static readonly ImmutableArray<(string Field, Func<JsonValue, JsonValue?> Form, string Reason)> Fields =
    [
        .. PeftFields.All.Select(field => (field.Name, FormOf(field), ReasonOf(field))).Where(row => row.Item2 is not null)
            .Select(row => (row.Name, row.Item2!, row.Item3)),
        .. OtherIntegers.Select(field => (field, (Func<JsonValue, JsonValue?>)Integer, WithoutPoint)),
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
        return formed.Count == 0
            ? config
            : new JsonObject(config.Members.Select(member => KeyValuePair.Create(member.Key, formed.GetValueOrDefault(member.Key, member.Value))));
    }

    /// <summary>The name of a list that a text is but for upper and lower case, or <see langword="null"/>.</summary>
    internal static string? NameIn(IEnumerable<string> names, string text) =>
        names.FirstOrDefault(name => string.Equals(name, text, StringComparison.OrdinalIgnoreCase));

    /// <summary>The name that a bias mode is but for upper and lower case, or <see langword="null"/>.</summary>
    internal static string? BiasOf(string text) => NameIn(Biases, text);

    private static Func<JsonValue, JsonValue?>? FormOf(PeftField field) => field switch
    {
        { Name: "peft_type" } => value => Name(value, PeftTypes.All),
        { Name: "task_type" } => value => Name(value, PeftTypes.Tasks),
        { Name: "bias" } => value => Name(value, Biases),
        { Name: "alpha_pattern" } or { Kind: PeftFieldKind.Number } => Number,
        { Kind: PeftFieldKind.Flag } => Boolean,
        _ => IsInteger(field) ? Integer : null,
    };

    private static string ReasonOf(PeftField field) => field switch
    {
        { Name: "bias" } => "PEFT's names are in lower case",
        { Kind: PeftFieldKind.Text } => "PEFT's names are in upper case",
        { Kind: PeftFieldKind.Flag } => "true or false, as Python takes the number",
        _ => IsInteger(field) ? WithoutPoint : "a number, not a string",
    };

    private static bool IsInteger(PeftField field) => field.Name == "rank_pattern" || field.Kind is PeftFieldKind.Integer or PeftFieldKind.Integers
        or PeftFieldKind.IntegerOrIntegers or PeftFieldKind.IntegersByName or PeftFieldKind.Ranges;

    // The value, or what it holds, in another form; null where it has that form, or none can be told.
    private static JsonValue? Formed(JsonValue value, Func<JsonValue, JsonValue?> form)
    {
        switch (value)
        {
            case JsonArray list:
                JsonValue?[] items = [.. list.Items.Select(item => Formed(item, form))];
                return Array.TrueForAll(items, item => item is null)
                    ? null
                    : new JsonArray([.. items.Select((item, index) => item ?? list.Items[index])]);
            case JsonObject entries:
                JsonValue?[] values = [.. entries.Members.Select(member => Formed(member.Value, form))];
                return Array.TrueForAll(values, item => item is null)
                    ? null
                    : new JsonObject(entries.Members.Select((member, i) => KeyValuePair.Create(member.Key, values[i] ?? member.Value)));
            default:
                return form(value);
        }
    }

    private static JsonNumber? Integer(JsonValue value) =>
        MlxNumber.Of(string.Empty, value) is { AsInteger: { } integer } number && (number.IsText || number.IsIntegralFloat)
            ? JsonNumber.Of(integer)
            : null;

    private static JsonNumber? Number(JsonValue value) => MlxNumber.Of(string.Empty, value) is not { IsText: true, Value: { } number } ? null
        : double.IsInteger(number) && Math.Abs(number) < int.MaxValue ? JsonNumber.Of((long)number) : JsonNumber.Of(number);

    private static JsonBoolean? Boolean(JsonValue value) =>
        JsonFields.ReadBoolean(value, out bool flag) == FieldOutcome.BooleanAsNumber ? JsonBoolean.Of(flag) : null;

    private static JsonString? Name(JsonValue value, IReadOnlyCollection<string> names) =>
        value is JsonString { Value: var text } && !names.Contains(text) && NameIn(names, text) is { } name ? new JsonString(name) : null;
}
