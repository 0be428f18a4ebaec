using System.Globalization;
using System.Text;

namespace Transfuse.Formats.Text;

/// <summary>
/// Text from strangers (names in files, of files, ids), made fit for a terminal: characters that end or reorder a line, steer the terminal or cannot be seen
/// are written as JSON writes them, <c>\u202e</c>. So what is escaped within a JSON string stays the same string. The one home of this rule.
/// </summary>
internal static class PrintableText
{
    // Unicode 17: Default_Ignorable_Code_Point that is not of category Cf, and the blank that is a symbol. They take no room, or look like a space.
    private static readonly (int First, int Last)[] Invisible =
    [
        (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF),
    ];

    public static string OneLine(string text) => Escape(text, keepsLines: false);

    /// <summary>The text with its line feeds, and nothing else that a terminal would act on.</summary>
    public static string Lines(string text) => Escape(text, keepsLines: true);

    private static string Escape(string text, bool keepsLines)
    {
        int clean = 0;
        while (clean < text.Length && (text[clean] is >= ' ' and <= '~' || (keepsLines && text[clean] == '\n')))
        {
            clean++;
        }

        if (clean == text.Length)
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16).Append(text, 0, clean);
        Span<char> pair = stackalloc char[2];
        for (int at = clean; at < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, at, out Rune rune))
            {
                // Half a surrogate pair.
                AppendEscape(escaped, text[at++]);
                continue;
            }

            if (!IsHidden(rune) || (keepsLines && rune.Value == '\n'))
            {
                escaped.Append(text, at, rune.Utf16SequenceLength);
            }
            else
            {
                foreach (char unit in pair[..rune.EncodeToUtf16(pair)])
                {
                    AppendEscape(escaped, unit);
                }
            }

            at += rune.Utf16SequenceLength;
        }

        return escaped.ToString();
    }

    private static void AppendEscape(StringBuilder text, char unit) => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");

    private static bool IsHidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate
        || Array.Exists(Invisible, range => rune.Value >= range.First && rune.Value <= range.Last);
}
