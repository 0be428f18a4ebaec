using System.Collections.Immutable;
using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Configs;

/// <summary>Reads JSON values as typed fields. Nothing throws for content: the outcome says what was found.</summary>
internal static class JsonFields
{
    /// <summary>Whether a value was read.</summary>
    public static bool HasValue(this FieldOutcome outcome) => outcome is FieldOutcome.Ok or FieldOutcome.IntegralFloat or FieldOutcome.BooleanAsNumber;

    /// <summary>Reads an integer; also from an integral float and from a boolean, as Python would.</summary>
    /// <param name="value">The field, <see langword="null"/> where it is missing.</param>
    /// <param name="result">The integer; 0 where there is none.</param>
    public static FieldOutcome ReadInteger(JsonValue? value, out long result)
    {
        result = 0;
        switch (value)
        {
            case JsonBoolean boolean:
                result = boolean.Value ? 1 : 0;
                return FieldOutcome.BooleanAsNumber;
            case JsonNumber number when !double.IsFinite(number.Value):
                return number.IsIntegerText ? FieldOutcome.OutOfRange : FieldOutcome.NotFinite;
            case JsonNumber number when number.TryGetInteger(out result):
                return number.IsIntegerText ? FieldOutcome.Ok : FieldOutcome.IntegralFloat;
            case JsonNumber number:
                return double.IsInteger(number.Value) ? FieldOutcome.OutOfRange : FieldOutcome.WrongType;
            default:
                return Other(value);
        }
    }

    /// <summary>Reads a number; also from a boolean, as Python would.</summary>
    /// <param name="value">The field, <see langword="null"/> where it is missing.</param>
    /// <param name="result">The number, always finite; 0 where there is none.</param>
    public static FieldOutcome ReadNumber(JsonValue? value, out double result)
    {
        result = 0;
        switch (value)
        {
            case JsonBoolean:
                FieldOutcome outcome = ReadInteger(value, out long integer);
                result = integer;
                return outcome;
            case JsonNumber number when !double.IsFinite(number.Value):
                return FieldOutcome.NotFinite;
            case JsonNumber number:
                result = number.Value;
                return FieldOutcome.Ok;
            default:
                return Other(value);
        }
    }

    /// <summary>
    /// Reads a boolean; also from the numbers 0 and 1, as Python would. Strings such as <c>"false"</c>, which Python takes for true, are of the wrong type.
    /// </summary>
    /// <param name="value">The field, <see langword="null"/> where it is missing.</param>
    /// <param name="result">The boolean; false where there is none.</param>
    public static FieldOutcome ReadBoolean(JsonValue? value, out bool result)
    {
        result = false;
        switch (value)
        {
            case JsonBoolean boolean:
                result = boolean.Value;
                return FieldOutcome.Ok;
            case JsonNumber { Value: 0 or 1 } number:
                result = number.Value == 1;
                return FieldOutcome.BooleanAsNumber;
            default:
                return Other(value);
        }
    }

    /// <summary>Reads a string.</summary>
    /// <param name="value">The field, <see langword="null"/> where it is missing.</param>
    /// <param name="result">The string; empty where there is none.</param>
    public static FieldOutcome ReadString(JsonValue? value, out string result)
    {
        result = (value as JsonString)?.Value ?? string.Empty;
        return value is JsonString ? FieldOutcome.Ok : Other(value);
    }

    /// <summary>Reads an object.</summary>
    /// <param name="value">The field, <see langword="null"/> where it is missing.</param>
    /// <param name="result">The object; empty where there is none.</param>
    public static FieldOutcome ReadObject(JsonValue? value, out JsonObject result)
    {
        result = value as JsonObject ?? JsonObject.Empty;
        return value is JsonObject ? FieldOutcome.Ok : Other(value);
    }

    /// <summary>Reads a list of strings.</summary>
    /// <param name="value">The field, <see langword="null"/> where it is missing.</param>
    /// <param name="result">The strings in order; empty where the list is not one of strings only.</param>
    public static FieldOutcome ReadStrings(JsonValue? value, out ImmutableArray<string> result)
    {
        result = [];
        if (value is not JsonArray array)
        {
            return Other(value);
        }

        if (!array.Items.All(item => item is JsonString))
        {
            return FieldOutcome.WrongType;
        }

        result = [.. array.Items.Select(item => ((JsonString)item).Value)];
        return FieldOutcome.Ok;
    }

    /// <summary>Reads a list of integers.</summary>
    /// <param name="value">The field, <see langword="null"/> where it is missing.</param>
    /// <param name="result">The integers in order; empty where an item is none.</param>
    /// <returns>The first outcome of an item other than <see cref="FieldOutcome.Ok"/> that matters most: one without a value, else one with.</returns>
    public static FieldOutcome ReadIntegers(JsonValue? value, out ImmutableArray<long> result)
    {
        result = [];
        if (value is not JsonArray array)
        {
            return Other(value);
        }

        var integers = ImmutableArray.CreateBuilder<long>(array.Items.Length);
        FieldOutcome worst = FieldOutcome.Ok;
        foreach (JsonValue item in array.Items)
        {
            FieldOutcome outcome = ReadInteger(item, out long integer);
            if (!outcome.HasValue())
            {
                return outcome == FieldOutcome.Null ? FieldOutcome.WrongType : outcome;
            }

            worst = outcome == FieldOutcome.Ok ? worst : outcome;
            integers.Add(integer);
        }

        result = integers.DrainToImmutable();
        return worst;
    }

    private static FieldOutcome Other(JsonValue? value) => value switch
    {
        null => FieldOutcome.Missing,
        JsonNull => FieldOutcome.Null,
        _ => FieldOutcome.WrongType,
    };
}
