using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.MlxSwift;

/// <summary>
/// A config as Swift's <c>JSONDecoder</c> decodes it: typed fields, an error for each that is missing or of another type. Null counts as missing where a field
/// is optional.
/// </summary>
/// <param name="context">The check.</param>
/// <param name="json">The config, or an object inside it.</param>
/// <param name="prefix">What stands before a field's name in messages.</param>
internal sealed class SwiftFields(CheckContext context, JsonObject json, string prefix = "")
{
    /// <summary>Whether every field so far could be decoded.</summary>
    public bool IsValid { get; private set; } = true;

    /// <summary>An <c>Int</c>; an integral float such as 8.0 is taken, a boolean is not.</summary>
    public long? Integer(string name) =>
        Value(name) switch
        {
            null => null,
            JsonNumber number when number.TryGetInteger(out long integer) => integer,
            { } other => Mismatch<long>(name, other, "Int"),
        };

    /// <summary>A <c>Float</c>.</summary>
    public double? Number(string name) => Value(name) is { } value ? ToNumber(name, value) : null;

    /// <summary>A <c>Float</c> with a default for a field that is missing or null.</summary>
    public double? Number(string name, double whenMissing) => IsMissing(name) ? whenMissing : ToNumber(name, json[name]!);

    /// <summary>A <c>Bool</c> with a default for a field that is missing or null.</summary>
    public bool Boolean(string name, bool whenMissing)
    {
        if (IsMissing(name))
        {
            return whenMissing;
        }

        return json[name] is JsonBoolean boolean ? boolean.Value : Mismatch<bool>(name, json[name]!, "Bool") ?? whenMissing;
    }

    public string? Text(string name)
    {
        JsonValue? value = Value(name);
        if (value is null or JsonString)
        {
            return (value as JsonString)?.Value;
        }

        Mismatch<bool>(name, value, "String");
        return null;
    }

    /// <summary>A <c>[String]</c>; <see langword="null"/> where it is missing or null and may be.</summary>
    public ImmutableArray<string>? Strings(string name, bool isOptional)
    {
        if (isOptional && IsMissing(name))
        {
            return null;
        }

        switch (Value(name))
        {
            case null:
                return null;
            case JsonArray list when list.All(item => item is JsonString):
                return [.. list.Cast<JsonString>().Select(item => item.Value)];
            case { } other:
                Mismatch<bool>(name, other, "[String]");
                return null;
        }
    }

    /// <summary>An object inside.</summary>
    public JsonObject? Object(string name)
    {
        JsonValue? value = Value(name);
        if (value is not (null or JsonObject))
        {
            Mismatch<bool>(name, value, "an object");
        }

        return value as JsonObject;
    }

    /// <summary>Reports a value that has the right type and is refused all the same.</summary>
    public void Refuse(string name, string why)
    {
        IsValid = false;
        context.Report(CheckCodes.FieldRefused, prefix + name, why);
    }

    /// <summary>Reports numbers that are not JSON, which Python writes and Swift's decoder does not read.</summary>
    public void CheckNumbers()
    {
        if (PythonJson.FindNonFinite(json) is { } place)
        {
            Refuse(place, "DecodingError.dataCorrupted: NaN and Infinity are not JSON");
        }
    }

    private bool IsMissing(string name) => json[name] is null or JsonNull;

    private double? ToNumber(string name, JsonValue value)
    {
        if (value is not JsonNumber number)
        {
            return Mismatch<double>(name, value, "Float");
        }

        if (double.IsFinite(number.Value) && !float.IsFinite((float)number.Value))
        {
            Refuse(name, $"DecodingError.dataCorrupted: number {number.Text} does not fit in Float");
        }

        return number.Value;
    }

    private JsonValue? Value(string name)
    {
        switch (json[name])
        {
            case null:
                IsValid = false;
                context.Report(CheckCodes.FieldMissing, prefix + name, $"DecodingError.keyNotFound: {name}");
                return null;
            case JsonNull:
                IsValid = false;
                context.Report(CheckCodes.FieldRefused, prefix + name, $"DecodingError.valueNotFound: {name} is null");
                return null;
            case { } value:
                return value;
        }
    }

    private T? Mismatch<T>(string name, JsonValue value, string wanted)
        where T : struct
    {
        IsValid = false;
        context.Report(CheckCodes.FieldRefused, prefix + name, $"DecodingError.typeMismatch: {name} is {value.Kind}, not {wanted}");
        return null;
    }
}
