using System.Globalization;
using System.Text;

namespace Transfuse.Metadata.Matching;

/// <summary>A set of characters in the making. Letters of both cases are put in by hand, so that .NET's own tables of case are never asked.</summary>
internal sealed class PythonCharacterSet(PythonRegexFlags flags)
{
    // Python's \s has the separators U+001C to U+001F, .NET's has not.
    private const string Space = @"\t-\r\u001C-\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000";
    private const string NotSpace =
        @"\u0000-\b\u000E-\u001B\u0021-\u0084\u0086-\u009F\u00A1-\u167F\u1681-\u1FFF\u200B-\u2027\u202A-\u202E\u2030-\u205E\u2060-\u2FFF\u3001-\uFFFF";

    // Python's \w is str.isalnum() and the underscore: no marks and no other connectors, but all numbers.
    private const string Word = @"\p{L}\p{N}_";
    private const string NotWord = @"\p{M}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}\u203F\u2040\u2054\uFE33\uFE34\uFE4D-\uFE4F\uFF3F\p{S}\p{Z}\p{C}";

    private readonly StringBuilder _content = new();

    /// <summary>Whether the set holds letters in the case that the pattern does not name.</summary>
    public bool IgnoresCase { get; private set; }

    /// <summary>The content of a category such as <c>w</c> or <c>S</c>, to stand within brackets; <see langword="null"/> where the letter names none.</summary>
    public static string? Category(char letter, PythonRegexFlags flags) => (letter, flags.HasFlag(PythonRegexFlags.Ascii)) switch
    {
        ('d', true) => "0-9",
        ('D', true) => @"\u0000-/:-\uFFFF",
        ('s', true) => @"\t-\r\u0020",
        ('S', true) => @"\u0000-\b\u000E-\u001F\u0021-\uFFFF",
        ('w', true) => "0-9A-Z_a-z",
        ('W', true) => @"\u0000-/:-@\u005B-\u005E\u0060\u007B-\uFFFF",
        ('d', false) => @"\d",
        ('D', false) => @"\D",
        ('s', false) => Space,
        ('S', false) => NotSpace,
        ('w', false) => Word,
        ('W', false) => NotWord,
        _ => null,
    };

    /// <summary>A character that stands for itself anywhere in a .NET pattern.</summary>
    public static string Literal(char character) => char.IsAsciiLetterOrDigit(character) || character == '_'
        ? character.ToString()
        : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");

    public void AddCategory(string content) => _content.Append(content);

    /// <summary>Adds characters from <paramref name="low"/> to <paramref name="high"/>; without regard to case only ASCII ones.</summary>
    public void AddRange(char low, char high)
    {
        Append(low, high);
        if (flags.HasFlag(PythonRegexFlags.IgnoreCase))
        {
            IgnoresCase = true;
            AppendShifted(low, high, 'A', 'Z', 'a' - 'A');
            AppendShifted(low, high, 'a', 'z', 'A' - 'a');
        }
    }

    /// <summary>The set in .NET's syntax.</summary>
    public string ToText(bool negated) => (negated ? "[^" : "[") + _content + "]";

    private void AppendShifted(char low, char high, char first, char last, int shift)
    {
        int from = Math.Max(low, first);
        int to = Math.Min(high, last);
        if (from <= to)
        {
            Append((char)(from + shift), (char)(to + shift));
        }
    }

    private void Append(char low, char high)
    {
        _content.Append(Literal(low));
        if (low != high)
        {
            _content.Append('-').Append(Literal(high));
        }
    }
}
