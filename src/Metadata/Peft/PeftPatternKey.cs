using System.Text;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// A key of <c>rank_pattern</c> or <c>alpha_pattern</c>. Keys are patterns, but nearly all of them are names, in which only dots mean something else than themselves:
/// these are compared without a regular expression, since there may be as many of them as modules.
/// </summary>
internal sealed class PeftPatternKey
{
    private const char AnyCharacter = '\0';

    private readonly RegexBudget _budget;
    private readonly string? _name;
    private readonly bool _anchored;
    private PythonRegex? _whole;
    private PythonRegex? _afterDot;

    public PeftPatternKey(string key, RegexBudget budget)
    {
        Key = key;
        _budget = budget;
        _anchored = key.StartsWith('^');
        _name = NameOf(_anchored ? key.AsSpan(1) : key);
    }

    public string Key { get; }

    /// <summary>Whether Python's <c>re.match</c> of the rule's pattern finds a match.</summary>
    /// <param name="path">The module's path.</param>
    /// <param name="rule">Says which pattern is made of the key.</param>
    public bool Matches(string path, PeftPatternRule rule)
    {
        if (_name is not null && Ascii.IsValid(path) && !path.Contains('\n', StringComparison.Ordinal))
        {
            return MatchesName(path, rule);
        }

        return rule == PeftPatternRule.Current
            ? (_whole ??= PythonRegex.Compile($@"(.*\.)?({Key})$", _budget)).IsMatchAtStart(path)
            : (_afterDot ??= PythonRegex.Compile($@".*\.{Key}$", _budget)).IsMatchAtStart(path);
    }

    private bool MatchesName(string path, PeftPatternRule rule)
    {
        int start = path.Length - _name!.Length;
        bool begins = start == 0
            ? rule == PeftPatternRule.Current
            : start > 0 && path[start - 1] == '.' && !_anchored;
        if (!begins)
        {
            return false;
        }

        for (int index = _name.Length - 1; index >= 0; index--)
        {
            if (_name[index] != path[start + index] && _name[index] != AnyCharacter)
            {
                return false;
            }
        }

        return true;
    }

    private static string? NameOf(ReadOnlySpan<char> key)
    {
        var name = new StringBuilder(key.Length);
        for (int index = 0; index < key.Length; index++)
        {
            bool escaped = key[index] == '\\' && index + 1 < key.Length && key[index + 1] is '.' or '-' or '_';
            index += escaped ? 1 : 0;
            if (!char.IsAsciiLetterOrDigit(key[index]) && key[index] is not ('.' or '-' or '_'))
            {
                return null;
            }

            name.Append(key[index] == '.' && !escaped ? AnyCharacter : key[index]);
        }

        return name.Length > 0 ? name.ToString() : null;
    }
}
