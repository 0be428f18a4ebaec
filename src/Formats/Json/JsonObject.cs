using System.Collections.Immutable;

namespace Transfuse.Formats.Json;

/// <summary>Named values in the order of the file; names are unique.</summary>
public sealed class JsonObject : JsonValue
{
    private readonly Dictionary<string, JsonValue> _byName;

    /// <summary>Makes an object.</summary>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    public JsonObject(IEnumerable<KeyValuePair<string, JsonValue>> members)
    {
        Members = [.. members];
        _byName = new Dictionary<string, JsonValue>(Members, StringComparer.Ordinal);
    }

    /// <summary>The object without members.</summary>
    public static JsonObject Empty { get; } = new([]);

    /// <summary>The members in order.</summary>
    public ImmutableArray<KeyValuePair<string, JsonValue>> Members { get; }

    /// <inheritdoc />
    public override string Kind => "an object";

    /// <summary>The value of a name, or <see langword="null"/> where the object has no such name.</summary>
    public JsonValue? this[string name] => _byName.GetValueOrDefault(name);

    /// <summary>Whether the name is there, whatever its value.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);
}
