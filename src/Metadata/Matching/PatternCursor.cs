namespace Transfuse.Metadata.Matching;

/// <summary>Walks over a pattern as Python does: a backslash and the character after it are one token.</summary>
internal sealed class PatternCursor(string pattern)
{
    public int Position { get; set; }

    public bool AtEnd => Position >= pattern.Length;

    /// <summary>Whether the next token is an escape.</summary>
    public bool IsEscape => !AtEnd && pattern[Position] == '\\';

    /// <summary>Whether the next token is this character, unescaped.</summary>
    public bool IsAt(char character) => !AtEnd && pattern[Position] == character;

    /// <summary>Whether the next token is a decimal digit.</summary>
    public bool IsAtDigit => !AtEnd && char.IsAsciiDigit(pattern[Position]);

    /// <summary>Whether the next token is an octal digit.</summary>
    public bool IsAtOctalDigit => !AtEnd && pattern[Position] is >= '0' and <= '7';

    /// <summary>Takes a character that is not an escape.</summary>
    public char Take() => AtEnd ? throw Syntax("ends where more was expected") : pattern[Position++];

    /// <summary>Takes the character after a backslash, and the backslash.</summary>
    public char TakeEscaped()
    {
        if (Position + 1 >= pattern.Length)
        {
            throw Syntax("ends with a backslash");
        }

        Position += 2;
        return pattern[Position - 1];
    }

    /// <summary>Takes a token without looking at it.</summary>
    public char TakeToken() => IsEscape ? TakeEscaped() : Take();

    /// <summary>Takes this character if it is next.</summary>
    public bool TryTake(char character)
    {
        bool found = IsAt(character);
        Position += found ? 1 : 0;
        return found;
    }

    /// <summary>Takes characters of a kind, at most so many.</summary>
    public string TakeWhile(int count, Func<char, bool> isOfKind)
    {
        int start = Position;
        while (!AtEnd && Position - start < count && isOfKind(pattern[Position]))
        {
            Position++;
        }

        return pattern[start..Position];
    }

    /// <summary>Takes what stands before a character, and the character.</summary>
    public string TakeUntil(char character)
    {
        int end = pattern.IndexOf(character, Position);
        if (end < 0)
        {
            throw Syntax($"lacks \"{character}\"");
        }

        string taken = pattern[Position..end];
        Position = end + 1;
        return taken;
    }

    /// <summary>Python refuses the pattern.</summary>
    public PythonRegexException Syntax(string message) =>
        new(PythonRegexCause.Syntax, pattern, $"is not valid: near position {Position} it {message}");

    /// <summary>Python takes the pattern, but it cannot be translated.</summary>
    public PythonRegexException Unsupported(string message) =>
        new(PythonRegexCause.Unsupported, pattern, $"cannot be translated: near position {Position} it {message}");
}
