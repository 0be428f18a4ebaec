namespace Transfuse.Formats.Json;

/// <summary>The value <c>null</c>.</summary>
/// <seealso cref="Transfuse.Formats.Json.JsonObject" />
public sealed class JsonNull : JsonValue
{
    private JsonNull()
    {
    }

    /// <summary>The only instance.</summary>
    public static JsonNull Instance { get; } = new();

    /// <inheritdoc />
    public override string Kind => "null";
}
