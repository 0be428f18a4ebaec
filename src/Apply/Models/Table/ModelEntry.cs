using System.Collections.Concurrent;
using System.Collections.Immutable;
using Transfuse.Apply.Models.Expressions;
using Transfuse.Formats.Json;

namespace Transfuse.Apply.Models.Table;

/// <summary>
/// How one model type is composed. Slots are named by section and name, such as <c>attn.scale</c>, and hold a word, an expression or an object of slots.
/// A slot that is absent means "none", "no", or for <c>layers</c>, <c>cond</c> and <c>when</c> "always".
/// </summary>
/// <param name="modelType">The type, as in config.json.</param>
/// <param name="fields">The entry.</param>
internal sealed class ModelEntry(string modelType, JsonObject fields)
{
    private readonly ConcurrentDictionary<string, Expression> _expressions = new(StringComparer.Ordinal);

    /// <summary>The type that the entry describes.</summary>
    public string ModelType { get; } = modelType;

    /// <summary>The entry as it is written.</summary>
    public JsonObject Fields { get; } = fields;

    /// <summary>Fields that the config must have.</summary>
    public ImmutableArray<string> Required { get; } = fields["required"] is JsonArray names
        ? [.. names.Items.OfType<JsonString>().Select(name => name.Value)]
        : [];

    /// <summary>Fields that the config may have, with the values they have otherwise.</summary>
    public JsonObject Defaults { get; } = fields["config"] as JsonObject ?? JsonObject.Empty;

    /// <summary>Fields that are computed where they are absent or null.</summary>
    public JsonObject Derived { get; } = fields["post_init"] as JsonObject ?? JsonObject.Empty;

    /// <summary>What comes before the paths of the text part in a model of text and pictures; empty otherwise.</summary>
    public string Prefix { get; } = (fields["core_prefix"] as JsonString)?.Value ?? string.Empty;

    /// <summary>Whether the model type reads a config field.</summary>
    public bool Reads(string field) => Defaults.Contains(field) || Required.Contains(field);

    /// <summary>A slot, or <see langword="null"/>.</summary>
    /// <param name="slot">Names joined with points.</param>
    public JsonValue? Find(string slot)
    {
        JsonValue? value = Fields;
        foreach (string name in slot.Split('.'))
        {
            value = (value as JsonObject)?[name];
        }

        return value;
    }

    /// <summary>A slot that holds a word.</summary>
    public string? Word(string slot) => (Find(slot) as JsonString)?.Value;

    /// <summary>A slot that holds an expression, or <see langword="null"/>.</summary>
    public Expression? Expression(string slot) => Find(slot) switch
    {
        JsonString text => _expressions.GetOrAdd(text.Value, ExpressionParser.Parse),
        JsonNumber number => _ => PythonValue.Of(number),
        JsonBoolean boolean => _ => boolean.Value,
        _ => null,
    };
}
