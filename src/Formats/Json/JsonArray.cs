using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Transfuse.Formats.Json;

/// <summary>A list of values.</summary>
/// <param name="items">The values in order.</param>
/// <seealso cref="Transfuse.Formats.Json.JsonObject" />
[CollectionBuilder(typeof(JsonArray), nameof(Create))]
public sealed class JsonArray(ImmutableArray<JsonValue> items) : JsonValue, IEnumerable<JsonValue>
{
    /// <summary>The values in order.</summary>
    public ImmutableArray<JsonValue> Items { get; } = items;

    /// <inheritdoc />
    public override string Kind => "a list";

    /// <summary>A list of the given values.</summary>
    public static JsonArray Create(ReadOnlySpan<JsonValue> items) => new([.. items]);

    /// <summary>A list of strings.</summary>
    public static JsonArray Of(IEnumerable<string> strings) => new([.. strings.Select(value => new JsonString(value))]);

    /// <inheritdoc />
    public IEnumerator<JsonValue> GetEnumerator() => ((IEnumerable<JsonValue>)Items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
