using System.Text.Json;
using System.Text.RegularExpressions;

namespace Transfuse.Oracle;

/// <summary>Python's JSON through System.Text.Json: <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> outside strings become the strings of that name.</summary>
public static class OracleJson
{
    private static readonly Regex StringOrConstant = new(@"""(?:[^""\\]|\\.)*""|-?\b(?:NaN|Infinity)\b", RegexOptions.Singleline);

    public static JsonElement Read(string path) => Parse(File.ReadAllText(path));

    public static JsonElement Parse(string text)
    {
        string plain = StringOrConstant.Replace(text, m => m.Value[0] == '"' ? m.Value : '"' + m.Value + '"');
        using JsonDocument document = JsonDocument.Parse(plain);
        return document.RootElement.Clone();
    }

    /// <summary>The property, or null where it is absent or JSON null.</summary>
    public static JsonElement? Get(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    /// <summary>True where the property exists, JSON null included.</summary>
    public static bool Has(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out _);

    public static double GetNumber(this JsonElement json, string name, double otherwise) =>
        json.Get(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : otherwise;

    public static bool GetFlag(this JsonElement json, string name) =>
        json.Get(name) is { ValueKind: JsonValueKind.True };

    public static string? GetText(this JsonElement json, string name) =>
        json.Get(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A list of strings, or null where the property is absent, null or of another kind.</summary>
    public static IReadOnlyList<string>? GetStrings(this JsonElement json, string name) =>
        json.Get(name) is { ValueKind: JsonValueKind.Array } value ? [.. value.EnumerateArray().Select(e => e.GetString()!)] : null;

    /// <summary>True for a number that Python reads as an int: digits only, with no point and no exponent.</summary>
    public static bool IsPythonInt(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.GetRawText().AsSpan().TrimStart('-').IndexOfAnyExceptInRange('0', '9') < 0;
}
