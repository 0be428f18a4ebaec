using System.Globalization;
using System.Text;

namespace Transfuse.Formats.Messages;

/// <summary>Names from files, made fit for one line of a message: control characters escaped, length bounded.</summary>
internal static class ItemText
{
    private const int MaxLength = 200;

    public static string Of(string name)
    {
        var text = new StringBuilder(Math.Min(name.Length, MaxLength) + 8);
        foreach (char character in name)
        {
            if (text.Length >= MaxLength)
            {
                return text.Append("...").ToString();
            }

            // Surrogates are escaped too: half of one would not survive UTF-8.
            bool plain = !char.IsControl(character) && !char.IsSurrogate(character) && character is not ('\u2028' or '\u2029');
            _ = plain ? text.Append(character) : text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
        }

        return text.ToString();
    }
}
