using System.Collections.Immutable;

namespace Transfuse.Apply.Models.Expressions;

/// <summary>Splits the text of an expression: names, numbers, strings in single quotes, and operators.</summary>
internal static class Lexer
{
    private static readonly string[] Pairs = ["**", "//", "==", "!=", "<=", ">="];

    /// <summary>The tokens; a string keeps its opening quote.</summary>
    public static ImmutableArray<string> Split(string text)
    {
        ImmutableArray<string>.Builder tokens = ImmutableArray.CreateBuilder<string>();
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            if (text[i] == ' ')
            {
                i++;
                continue;
            }

            if (text[i] == '\'')
            {
                i = text.IndexOf('\'', i + 1);
                tokens.Add(i < 0 ? throw new ExpressionException($"a string without end in {text}") : text[start..i]);
                i++;
                continue;
            }

            i = char.IsAsciiDigit(text[i]) ? EndOfNumber(text, i)
                : char.IsAsciiLetter(text[i]) || text[i] == '_' ? End(text, i, c => char.IsAsciiLetterOrDigit(c) || c == '_')
                : i + (Array.Exists(Pairs, pair => string.CompareOrdinal(text, start, pair, 0, 2) == 0) ? 2 : 1);
            tokens.Add(text[start..i]);
        }

        return tokens.ToImmutable();
    }

    // 1e-5 is one number; 1-5 is three tokens.
    private static int EndOfNumber(string text, int start)
    {
        int end = End(text, start, c => char.IsAsciiDigit(c) || c == '.');
        if (end + 1 < text.Length && text[end] == 'e' && (char.IsAsciiDigit(text[end + 1]) || text[end + 1] == '-'))
        {
            end = End(text, end + 2, char.IsAsciiDigit);
        }

        return end;
    }

    private static int End(string text, int from, Func<char, bool> belongs)
    {
        while (from < text.Length && belongs(text[from]))
        {
            from++;
        }

        return from;
    }
}
