namespace Transfuse.Metadata.Matching;

/// <summary>The letters of <c>(?im-s:...)</c>.</summary>
/// <param name="Added">Flags turned on.</param>
/// <param name="Removed">Flags turned off.</param>
/// <param name="IsGlobal">Whether they are for the whole pattern, as in <c>(?i)</c>.</param>
internal sealed record PythonRegexFlagLetters(PythonRegexFlags Added, PythonRegexFlags Removed, bool IsGlobal)
{
    private const PythonRegexFlags Types = PythonRegexFlags.Ascii | PythonRegexFlags.Unicode;

    /// <summary>Whether flags begin with this character.</summary>
    public static bool IsStart(char letter) => letter is '-' or 'L' || Flag(letter) != PythonRegexFlags.None;

    /// <summary>The flags inside the group.</summary>
    public PythonRegexFlags ApplyTo(PythonRegexFlags outer)
    {
        PythonRegexFlags kept = (Added & Types) == PythonRegexFlags.None ? outer : outer & ~Types;
        return (kept | Added) & ~Removed;
    }

    /// <summary>Reads the letters up to the closing parenthesis or the colon.</summary>
    public static PythonRegexFlagLetters Parse(char first, PatternCursor cursor)
    {
        char letter = first;
        PythonRegexFlags added = ReadLetters(ref letter, cursor);
        if ((added & Types) == Types)
        {
            throw cursor.Syntax("sets flags that exclude each other");
        }

        if (letter == ')' && first != '-')
        {
            return new PythonRegexFlagLetters(added, PythonRegexFlags.None, IsGlobal: true);
        }

        PythonRegexFlags removed = PythonRegexFlags.None;
        if (letter == '-')
        {
            letter = cursor.Take();
            removed = ReadLetters(ref letter, cursor);
            if (removed == PythonRegexFlags.None || (removed & Types) != PythonRegexFlags.None || (removed & added) != PythonRegexFlags.None)
            {
                throw cursor.Syntax("turns off no flag, or one that cannot be turned off");
            }
        }

        return letter == ':' ? new PythonRegexFlagLetters(added, removed, IsGlobal: false) : throw cursor.Syntax($"has the unknown flag \"{letter}\"");
    }

    private static PythonRegexFlags ReadLetters(ref char letter, PatternCursor cursor)
    {
        PythonRegexFlags flags = PythonRegexFlags.None;
        for (; Flag(letter) != PythonRegexFlags.None; letter = cursor.Take())
        {
            flags |= Flag(letter);
        }

        return flags;
    }

    private static PythonRegexFlags Flag(char letter) => letter switch
    {
        'a' => PythonRegexFlags.Ascii,
        'i' => PythonRegexFlags.IgnoreCase,
        'm' => PythonRegexFlags.Multiline,
        's' => PythonRegexFlags.DotAll,
        'x' => PythonRegexFlags.Verbose,
        'u' => PythonRegexFlags.Unicode,
        _ => PythonRegexFlags.None,
    };
}
