namespace Transfuse.Formats.Json;

/// <summary>Orders strings by code point, as Python does. Ordinal comparison of UTF-16 puts U+10000 before U+E000.</summary>
internal sealed class CodePointComparer : IComparer<string>
{
    public static CodePointComparer Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> left = x;
        ReadOnlySpan<char> right = y;
        int common = left.CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        return Rank(left, common).CompareTo(Rank(right, common));
    }

    /// <summary>A unit's place among units: those of paired surrogates lie above all others; lone ones are code points below U+E000.</summary>
    private static int Rank(ReadOnlySpan<char> text, int index)
    {
        char unit = text[index];
        bool paired = (char.IsHighSurrogate(unit) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
            || (char.IsLowSurrogate(unit) && index > 0 && char.IsHighSurrogate(text[index - 1]));
        return paired ? unit + 0x10000 : unit;
    }
}
