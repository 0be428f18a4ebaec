using System.Globalization;
using System.Text;

namespace Transfuse.Formats.Files;

/// <summary>Names from strangers' files, made fit for a line of a message: characters that would break or reorder the line are escaped, and a long name is cut.</summary>
internal static class QuotedName
{
    private const int MaxLength = 200;

    /// <summary>The name in quotes.</summary>
    public static string Of(string name) => $"'{Bare(name)}'";

    /// <summary>The name without quotes.</summary>
    public static string Bare(string name)
    {
        var text = new StringBuilder(Math.Min(name.Length, MaxLength) + 8);
        foreach (Rune rune in name.AsSpan(0, Math.Min(name.Length, MaxLength)).EnumerateRunes())
        {
            bool hidden = Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            text.Append(hidden ? $"\\u{rune.Value:x4}" : rune.ToString());
        }

        return text.Append(name.Length > MaxLength ? "..." : string.Empty).ToString();
    }
}
