using System.Collections.Immutable;

namespace Transfuse.Formats.Json;

/// <summary>A list of values.</summary>
/// <param name="items">The values in order.</param>
public sealed class JsonArray(ImmutableArray<JsonValue> items) : JsonValue
{
    /// <summary>The values in order.</summary>
    public ImmutableArray<JsonValue> Items { get; } = items;

    /// <inheritdoc />
    public override string Kind => "a list";

    /// <summary>A list of strings.</summary>
    public static JsonArray Of(IEnumerable<string> strings) => new([.. strings.Select(value => new JsonString(value))]);
}
