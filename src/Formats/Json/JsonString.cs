namespace Transfuse.Formats.Json;

/// <summary>A string.</summary>
/// <param name="value">Its characters, unescaped.</param>
/// <seealso cref="Transfuse.Formats.Json.JsonObject" />
public sealed class JsonString(string value) : JsonValue
{
    /// <summary>Its characters, unescaped.</summary>
    public string Value { get; } = value;

    /// <inheritdoc />
    public override string Kind => "a string";
}
