namespace Transfuse.Formats.Json;

/// <summary>
/// A value of Python's JSON. Immutable. Unlike System.Text.Json's tree it holds <c>NaN</c> and <c>Infinity</c>,
/// and numbers keep the text that they were written with.
/// </summary>
/// <seealso cref="Transfuse.Formats.Json.JsonObject" />
public abstract class JsonValue
{
    private protected JsonValue()
    {
    }

    /// <summary>What kind of value this is, as messages say it: "an object", "a string", "null".</summary>
    public abstract string Kind { get; }
}
