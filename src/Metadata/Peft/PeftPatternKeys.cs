using System.Collections.Immutable;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// The keys of <c>rank_pattern</c> or <c>alpha_pattern</c>. Keys are patterns, but nearly all of them are names: these are looked up without a regular
/// expression.
/// </summary>
internal sealed class PeftPatternKeys
{
    private readonly RegexBudget _budget;
    private readonly NameTable _names = new();
    private readonly NameTable _anchored = new();
    private readonly int[] _others;
    private readonly List<int> _all;

    public PeftPatternKeys(ImmutableArray<string> keys, RegexBudget budget)
    {
        Keys = keys;
        _budget = budget;
        _all = [.. Enumerable.Range(0, keys.Length)];
        _others =
            [.. _all.Where(number => !(keys[number].StartsWith('^') ? _anchored.TryAdd(keys[number].AsSpan(1), number) : _names.TryAdd(keys[number], number)))];
    }

    /// <summary>The keys in the order of the file.</summary>
    public ImmutableArray<string> Keys { get; }

    /// <summary>The first key that Python's <c>re.match</c> of the rule's pattern finds a match for; <see langword="null"/> where none does.</summary>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public int? First(string path, PeftPatternRule rule)
    {
        List<int> names = Names(path, rule, out IReadOnlyList<int> others);
        int? named = names.Count > 0 ? names.Min() : null;
        foreach (int number in others.TakeWhile(number => named is null || number < named))
        {
            if (MatchesPattern(number, path, rule))
            {
                return number;
            }
        }

        return named;
    }

    /// <summary>All keys that match, in the order of the file.</summary>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public ImmutableArray<int> All(string path, PeftPatternRule rule) =>
        [.. Names(path, rule, out IReadOnlyList<int> others).Concat(others.Where(number => MatchesPattern(number, path, rule))).Order()];

    /// <summary>The keys that match none of the paths under any of the rules, in the order of the file.</summary>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public ImmutableArray<string> Unused(IReadOnlyCollection<string> paths, ImmutableArray<PeftPatternRule> rules)
    {
        HashSet<int> idle = [.. _all];
        var whole = Keys.Index().ToDictionary(key => key.Item, key => key.Index, StringComparer.Ordinal);
        foreach (string path in paths)
        {
            if (whole.TryGetValue(path, out int same))
            {
                idle.Remove(same);
            }

            foreach (PeftPatternRule rule in rules)
            {
                idle.ExceptWith(Names(path, rule, out IReadOnlyList<int> others));
                idle.ExceptWith(others.Where(number => idle.Contains(number) && MatchesPattern(number, path, rule)).ToArray());
            }

            if (idle.Count == 0)
            {
                return [];
            }
        }

        return [.. idle.Order().Select(number => Keys[number])];
    }

    // The names that match, and what must be tried as patterns.
    private List<int> Names(string path, PeftPatternRule rule, out IReadOnlyList<int> others)
    {
        var found = new List<int>();
        if (!NameTable.Covers(path))
        {
            others = _all;
            return found;
        }

        TimeSpan start = RegexBudget.Now;
        others = _others;
        if (rule == PeftPatternRule.Current)
        {
            _anchored.Find(path, found);
            _names.Find(path, found);
        }

        foreach (int length in _names.Lengths)
        {
            if (length < path.Length && path[path.Length - length - 1] == '.')
            {
                _names.Find(path.AsSpan(path.Length - length), found);
            }
        }

        _budget.Spend(start, Keys.FirstOrDefault(string.Empty));
        return found;
    }

    private bool MatchesPattern(int number, string path, PeftPatternRule rule) =>
        PythonRegex.Compile(rule == PeftPatternRule.Current ? $@"(.*\.)?({Keys[number]})$" : $@".*\.{Keys[number]}$", _budget).IsMatchAtStart(path);
}
