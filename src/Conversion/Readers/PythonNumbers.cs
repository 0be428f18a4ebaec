using System.Globalization;
using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Readers;

/// <summary>Values of a parsed config as Python code uses them.</summary>
internal static class PythonNumbers
{
    /// <summary>What <c>range</c> and slices take: an int, also a bool; not 12.0.</summary>
    public static long? Integer(JsonValue? value) => value switch
    {
        JsonBoolean boolean => boolean.Value ? 1 : 0,
        JsonNumber { IsIntegerText: true } number when number.TryGetInteger(out long integer) => integer,
        _ => null,
    };

    /// <summary>What MLX takes for an extent: also a string of digits, which its binding gives to Python's <c>int()</c>; no float.</summary>
    public static long? Extent(JsonValue? value) => value switch
    {
        JsonString { Value: var text } when long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long extent) => extent,
        _ => Integer(value),
    };

    /// <summary>
    /// What <c>layers[-max(n, 0):]</c> does with <c>num_layers</c>: an int of any size, and a float below 0, for which <c>max</c> gives the int 0; 0 means all
    /// layers.
    /// Other floats and NaN raise.
    /// </summary>
    public static long? LayerCount(JsonValue? value) => value switch
    {
        JsonNumber { IsIntegerText: true } number when !number.TryGetInteger(out _) => number.Text.StartsWith('-') ? 0 : long.MaxValue,
        JsonNumber { IsIntegerText: false, Value: < 0 } => 0,
        _ => Integer(value),
    };

    /// <summary>What can be multiplied: an int, a float or a bool.</summary>
    public static double? Number(JsonValue? value) => value switch
    {
        JsonBoolean boolean => boolean.Value ? 1 : 0,
        JsonNumber number => number.Value,
        _ => null,
    };

    /// <summary>What MLX's Dropout takes: neither below 0 nor 1 and above, so NaN too.</summary>
    public static bool IsDropout(JsonValue? value) => Number(value) is { } number && !(number < 0 || number >= 1);

    /// <summary>Python's truth of a value.</summary>
    public static bool IsTrue(JsonValue? value) => value switch
    {
        null or JsonNull => false,
        JsonBoolean boolean => boolean.Value,
        JsonNumber number => number.Value != 0,
        JsonString text => text.Value.Length > 0,
        JsonArray list => !list.Items.IsEmpty,
        JsonObject members => !members.Members.IsEmpty,
        _ => true,
    };
}
