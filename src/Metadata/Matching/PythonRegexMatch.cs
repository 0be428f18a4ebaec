using System.Text.RegularExpressions;

namespace Transfuse.Metadata.Matching;

internal sealed class PythonRegexMatch
{
    private readonly Match _match;
    private readonly IReadOnlyDictionary<string, int> _names;

    internal PythonRegexMatch(Match match, IReadOnlyDictionary<string, int> names)
    {
        _match = match;
        _names = names;
    }

    public string Value => _match.Value;

    /// <summary>
    /// What a group took, by Python's number: 0 is the whole match, groups count from 1 in the order of their parentheses, named ones included.
    /// </summary>
    /// <returns><see langword="null"/> where the group took no part in the match or the pattern has no such group.</returns>
    public string? Group(int number)
    {
        Group group = _match.Groups[number];
        return group.Success ? group.Value : null;
    }

    /// <summary>What a named group took.</summary>
    /// <returns><see langword="null"/> where the group took no part in the match or the pattern has no such group.</returns>
    public string? Group(string name) => _names.TryGetValue(name, out int number) ? Group(number) : null;
}
