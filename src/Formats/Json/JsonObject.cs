using System.Collections.Immutable;

namespace Transfuse.Formats.Json;

/// <summary>Named values in the order of the file; names are unique.</summary>
/// <example>
/// <code>
/// if (adapter.SourceConfig?["lora_alpha"] is JsonNumber alpha)
/// {
///     Console.WriteLine(alpha.Value);
/// }
/// </code>
/// </example>
public sealed class JsonObject : JsonValue
{
    // Objects of a few members are looked through: a report has tens of thousands of them.
    private const int Few = 8;

    private readonly Dictionary<string, JsonValue>? _byName;

    /// <summary>Makes an object.</summary>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    public JsonObject(IEnumerable<KeyValuePair<string, JsonValue>> members)
    {
        Members = [.. members];
        if (Members.Length > Few)
        {
            _byName = new Dictionary<string, JsonValue>(Members, StringComparer.Ordinal);
        }

        for (int index = 1; index < Members.Length && _byName is null; index++)
        {
            if (Find(Members[index].Key, index) is not null)
            {
                throw new ArgumentException($"An item with the same key has already been added. Key: {Members[index].Key}", nameof(members));
            }
        }
    }

    /// <summary>The object without members.</summary>
    public static JsonObject Empty { get; } = new([]);

    /// <summary>The members in order.</summary>
    public ImmutableArray<KeyValuePair<string, JsonValue>> Members { get; }

    /// <inheritdoc />
    public override string Kind => "an object";

    /// <summary>The value of a name, or <see langword="null"/> where the object has no such name.</summary>
    public JsonValue? this[string name] => _byName is null ? Find(name, Members.Length) : _byName.GetValueOrDefault(name);

    /// <summary>Whether the name is there, whatever its value.</summary>
    public bool Contains(string name) => this[name] is not null;

    // Among the first members; values are never null.
    private JsonValue? Find(string name, int count)
    {
        for (int index = 0; index < count; index++)
        {
            if (Members[index].Key == name)
            {
                return Members[index].Value;
            }
        }

        return null;
    }
}
