using System.Text;
using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Dialects.Editing;

/// <summary>JSON values as text: for comparison and for people.</summary>
internal static class JsonText
{
    private const int ShownLength = 100;

    /// <summary>Whether two values are written alike, numbers by their text.</summary>
    public static bool AreEqual(JsonValue? left, JsonValue? right) => left is null || right is null ? left == right : Compact(left) == Compact(right);

    /// <summary>A value in one line, shortened.</summary>
    public static string? Show(JsonValue? value) =>
        value is null ? null : Compact(value) is var text && text.Length <= ShownLength ? text : text[..ShownLength] + "...";

    /// <summary>A value over several lines, numbers by their text, also those that are not finite.</summary>
    public static IEnumerable<string> Lines(JsonValue value, int indent) => Pretty(value, new string(' ', indent), string.Empty, string.Empty, string.Empty);

    private static IEnumerable<string> Pretty(JsonValue value, string step, string margin, string start, string end)
    {
        (char Open, char Close, KeyValuePair<string, JsonValue>[] Items)? parts = value switch
        {
            JsonObject { Members.Length: > 0 } members =>
                ('{', '}', [.. members.Members.Select(member => KeyValuePair.Create(Quote(member.Key) + ": ", member.Value))]),
            JsonArray { Items.Length: > 0 } list => ('[', ']', [.. list.Items.Select(item => KeyValuePair.Create(string.Empty, item))]),
            _ => null,
        };
        if (parts is not { } inner)
        {
            return [$"{margin}{start}{Compact(value)}{end}"];
        }

        return
        [
            $"{margin}{start}{inner.Open}",
            .. inner.Items.SelectMany((item, index) => Pretty(item.Value, step, margin + step, item.Key, index + 1 < inner.Items.Length ? "," : string.Empty)),
            $"{margin}{inner.Close}{end}",
        ];
    }

    private static string Compact(JsonValue value) => value switch
    {
        JsonObject members => $"{{{string.Join(", ", members.Members.Select(member => $"{Quote(member.Key)}: {Compact(member.Value)}"))}}}",
        JsonArray list => $"[{string.Join(", ", list.Items.Select(Compact))}]",
        JsonNumber number => number.Text,
        JsonString text => Quote(text.Value),
        _ => value.Kind,
    };

    private static string Quote(string text) => Encoding.ASCII.GetString(PythonJson.Write(new JsonString(text), PythonJsonStyle.Report));
}
