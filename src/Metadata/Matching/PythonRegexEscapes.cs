using System.Globalization;

namespace Transfuse.Metadata.Matching;

/// <summary>Translates what stands for characters: literals, escapes, sets and references to groups.</summary>
internal sealed class PythonRegexEscapes(PatternCursor cursor, PythonRegexGroups groups)
{
    /// <summary>Whether a translated piece agrees with Python only on ASCII texts.</summary>
    public bool NeedsAscii { get; private set; }

    /// <summary>Whether a translated piece agrees with every Python only on texts that are not empty.</summary>
    public bool NeedsText { get; private set; }

    /// <summary>A character that stands for itself.</summary>
    public RegexPiece Literal(char character, PythonRegexFlags flags)
    {
        if (!flags.HasFlag(PythonRegexFlags.IgnoreCase))
        {
            return RegexPiece.One(PythonCharacterSet.Literal(character));
        }

        var set = new PythonCharacterSet(flags);
        AddRange(set, character, character, flags);
        return RegexPiece.One(set.ToText(negated: false));
    }

    /// <summary>The text that a group took.</summary>
    public RegexPiece Reference(int group, PythonRegexFlags flags)
    {
        RegexPiece referred = groups.Referred(group);
        bool ignoresCase = flags.HasFlag(PythonRegexFlags.IgnoreCase);
        NeedsAscii |= ignoresCase;
        string text = ignoresCase ? $@"(?i:\k<{group}>)" : $@"\k<{group}>";
        return new RegexPiece(text, RegexPieceKind.Item, referred.MinWidth, referred.MaxWidth, 1, Backtracks: true);
    }

    /// <summary>An escape outside of a set; the cursor stands at its backslash.</summary>
    public RegexPiece Parse(PythonRegexFlags flags)
    {
        char letter = cursor.TakeEscaped();
        if (PythonCharacterSet.Category(letter, flags) is { } category)
        {
            return RegexPiece.One("[" + category + "]");
        }

        switch (letter)
        {
            case 'A':
                return RegexPiece.Place(@"\A");
            case 'Z' or 'z':
                return RegexPiece.Place(@"\z");
            case 'b' or 'B':
                NeedsAscii = true;
                NeedsText |= letter == 'B';
                return RegexPiece.Place("\\" + letter);
            case '0':
                return Literal((char)Octal("0" + cursor.TakeWhile(2, IsOctal)), flags);
            case >= '1' and <= '9':
                return ParseNumber(letter, flags);
            default:
                return Literal(Character(letter), flags);
        }
    }

    /// <summary>A set; the cursor stands behind its bracket.</summary>
    public RegexPiece ParseSet(PythonRegexFlags flags)
    {
        var set = new PythonCharacterSet(flags);
        bool negated = cursor.TryTake('^');
        for (bool first = true; first || !cursor.IsAt(']'); first = false)
        {
            (char low, string? category) = SetItem(flags);
            if (!cursor.TryTake('-'))
            {
                Add(set, low, category, flags);
            }
            else if (cursor.IsAt(']'))
            {
                Add(set, low, category, flags);
                AddRange(set, '-', '-', flags);
            }
            else
            {
                (char high, string? highCategory) = SetItem(flags);
                if (category is not null || highCategory is not null || high < low)
                {
                    throw cursor.Syntax("has a bad range of characters");
                }

                AddRange(set, low, high, flags);
            }

            if (cursor.AtEnd)
            {
                throw cursor.Syntax("lacks a closing bracket");
            }
        }

        cursor.TryTake(']');
        return RegexPiece.One(set.ToText(negated));
    }

    private (char Character, string? Category) SetItem(PythonRegexFlags flags)
    {
        if (!cursor.IsEscape)
        {
            return (cursor.Take(), null);
        }

        char letter = cursor.TakeEscaped();
        if (PythonCharacterSet.Category(letter, flags) is { } category)
        {
            return ('\0', category);
        }

        if (IsOctal(letter))
        {
            return ((char)Octal(letter + cursor.TakeWhile(2, IsOctal)), null);
        }

        return (letter == 'b' ? '\b' : Character(letter), null);
    }

    private void Add(PythonCharacterSet set, char character, string? category, PythonRegexFlags flags)
    {
        if (category is not null)
        {
            set.AddCategory(category);
        }
        else
        {
            AddRange(set, character, character, flags);
        }
    }

    private void AddRange(PythonCharacterSet set, char low, char high, PythonRegexFlags flags)
    {
        if (flags.HasFlag(PythonRegexFlags.IgnoreCase) && high > 0x7F)
        {
            throw cursor.Unsupported("ignores the case of a character that is not ASCII");
        }

        set.AddRange(low, high);
        NeedsAscii |= set.IgnoresCase;
    }

    /// <summary>After a digit other than 0: three octal digits are a character, else one or two digits are a group.</summary>
    private RegexPiece ParseNumber(char first, PythonRegexFlags flags)
    {
        string digits = first.ToString();
        if (cursor.IsAtDigit)
        {
            digits += cursor.Take();
            if (digits.All(IsOctal) && cursor.IsAtOctalDigit)
            {
                return Literal((char)Octal(digits + cursor.Take()), flags);
            }
        }

        return Reference(int.Parse(digits, CultureInfo.InvariantCulture), flags);
    }

    private char Character(char letter) => letter switch
    {
        'a' => '\a',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\v',
        'x' => (char)Hexadecimal(2),
        'u' => Unit(Hexadecimal(4)),
        'U' => Unit(Hexadecimal(8)),
        'N' => throw cursor.Unsupported("names a character"),
        _ when char.IsAsciiLetterOrDigit(letter) => throw cursor.Syntax($"has the bad escape \\{letter}"),
        _ => letter,
    };

    private char Unit(long code) => code switch
    {
        > 0x10FFFF => throw cursor.Syntax("escapes a character that does not exist"),
        > 0xFFFF or (>= 0xD800 and <= 0xDFFF) => throw cursor.Unsupported("escapes a surrogate or a character beyond U+FFFF"),
        _ => (char)code,
    };

    private long Hexadecimal(int count)
    {
        string digits = cursor.TakeWhile(count, char.IsAsciiHexDigit);
        return digits.Length == count ? Convert.ToInt64(digits, 16) : throw cursor.Syntax($"has an escape with {digits.Length} of {count} digits");
    }

    private int Octal(string digits)
    {
        int code = Convert.ToInt32(digits, 8);
        return code <= 0xFF ? code : throw cursor.Syntax($"has the octal escape \\{digits}, which is above \\377");
    }

    private static bool IsOctal(char unit) => unit is >= '0' and <= '7';
}
