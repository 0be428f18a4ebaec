namespace Transfuse.Formats.Json;

/// <summary>A list whose values are made while it is written, and then forgotten: of tens of thousands, one is in memory. Only for writing.</summary>
/// <param name="items">The values in order.</param>
/// <example><code>var paths = new JsonSequence(adapter.Modules.Select(module => new JsonString(module.FullPath)));</code></example>
internal sealed class JsonSequence(IEnumerable<JsonValue> items) : JsonValue
{
    /// <summary>The values in order.</summary>
    public IEnumerable<JsonValue> Items { get; } = items;

    /// <inheritdoc />
    public override string Kind => "a list";
}
