using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Checking;

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

    /// <summary>What can be multiplied: an int, a float or a bool.</summary>
    public static double? Number(JsonValue? value) => value switch
    {
        JsonBoolean boolean => boolean.Value ? 1 : 0,
        JsonNumber number => number.Value,
        _ => null,
    };

    /// <summary>What MLX's Dropout takes: 0 up to and without 1.</summary>
    public static bool IsDropout(JsonValue? value) => Number(value) is >= 0 and < 1;

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
