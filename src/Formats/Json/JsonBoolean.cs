namespace Transfuse.Formats.Json;

/// <summary>The value <c>true</c> or <c>false</c>.</summary>
/// <seealso cref="Transfuse.Formats.Json.JsonObject" />
public sealed class JsonBoolean : JsonValue
{
    private JsonBoolean(bool value) => Value = value;

    /// <summary>The value <c>true</c>.</summary>
    public static JsonBoolean True { get; } = new(true);

    /// <summary>The value <c>false</c>.</summary>
    public static JsonBoolean False { get; } = new(false);

    /// <summary>The value.</summary>
    public bool Value { get; }

    /// <inheritdoc />
    public override string Kind => Value ? "true" : "false";

    /// <summary>The instance for a value.</summary>
    public static JsonBoolean Of(bool value) => value ? True : False;
}
