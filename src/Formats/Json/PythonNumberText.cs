using System.Globalization;

namespace Transfuse.Formats.Json;

internal static class PythonNumberText
{
    /// <summary>A finite double as Python's <c>repr</c> writes it: the shortest digits that read back the same, an exponent below 1e-4 and from 1e16.</summary>
    public static string OfDouble(double value)
    {
        // "R" gives the shortest digits, but sets the point elsewhere than Python does from 1e15 on.
        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        string sign = shortest[0] == '-' ? "-" : string.Empty;
        string[] parts = shortest[sign.Length..].Split('E');
        int point = parts[0].IndexOf('.', StringComparison.Ordinal);
        string digits = parts[0].Replace(".", string.Empty, StringComparison.Ordinal);
        int leadingZeros = digits.Length - digits.TrimStart('0').Length;
        int exponent = (point < 0 ? digits.Length : point) + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0) - leadingZeros;
        digits = digits.Trim('0');
        return sign + (digits.Length == 0 ? "0.0" : Layout(digits, exponent));
    }

    /// <summary>Whether the text is a number of JSON: no plus sign, no leading zero, digits on both sides of the point.</summary>
    /// <param name="text">At least one byte.</param>
    public static bool IsNumber(ReadOnlySpan<byte> text)
    {
        int position = text[0] == (byte)'-' ? 1 : 0;
        int whole = Digits(text, ref position);
        bool valid = whole > 0 && (whole == 1 || text[position - whole] != (byte)'0');
        if (position < text.Length && text[position] == (byte)'.')
        {
            position++;
            valid &= Digits(text, ref position) > 0;
        }

        if (position < text.Length && text[position] is (byte)'e' or (byte)'E')
        {
            position++;
            position += position < text.Length && text[position] is (byte)'+' or (byte)'-' ? 1 : 0;
            valid &= Digits(text, ref position) > 0;
        }

        return valid && position == text.Length;
    }

    private static int Digits(ReadOnlySpan<byte> text, ref int position)
    {
        int start = position;
        while (position < text.Length && char.IsAsciiDigit((char)text[position]))
        {
            position++;
        }

        return position - start;
    }

    /// <summary>Writes 0.DIGITS x 10^<paramref name="point"/>.</summary>
    private static string Layout(string digits, int point)
    {
        if (point is < -3 or > 16)
        {
            int exponent = point - 1;
            string fraction = digits.Length == 1 ? string.Empty : "." + digits[1..];
            return string.Create(CultureInfo.InvariantCulture, $"{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        if (point <= 0)
        {
            return "0." + new string('0', -point) + digits;
        }

        return digits.Length <= point ? digits.PadRight(point, '0') + ".0" : $"{digits[..point]}.{digits[point..]}";
    }
}
