using System.Collections.Immutable;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Peft;

/// <summary>The names of <c>modules_to_save</c>, each a pattern for whole segments anywhere in a path (PEFT 0.21: <c>(^|.*\.){name}($|\..*)</c>).</summary>
internal sealed class PeftSavedNames
{
    private readonly RegexBudget _budget;
    private readonly string _first;
    private readonly NameTable _names = new();
    private readonly ImmutableArray<PythonRegex> _patterns;
    private readonly Lazy<ImmutableArray<PythonRegex>> _all;

    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public PeftSavedNames(ImmutableArray<string> names, RegexBudget budget)
    {
        _budget = budget;
        _first = names.FirstOrDefault(string.Empty);
        _patterns = [.. names.Where(name => !_names.TryAdd(name, 0)).Select(Compile)];
        _all = new Lazy<ImmutableArray<PythonRegex>>(() => [.. names.Select(Compile)]);
    }

    /// <summary>Whether one of the names is in a path.</summary>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public bool Matches(string path) =>
        NameTable.Covers(path) ? MatchesName(path) || _patterns.Any(name => name.IsMatchAtStart(path)) : _all.Value.Any(name => name.IsMatchAtStart(path));

    private bool MatchesName(string path)
    {
        TimeSpan started = RegexBudget.Now;
        var found = new List<int>();
        foreach (int length in _names.Lengths)
        {
            for (int start = 0; start + length <= path.Length && found.Count == 0; start++)
            {
                bool begins = start == 0 || path[start - 1] == '.';
                if (begins && (start + length == path.Length || path[start + length] == '.'))
                {
                    _names.Find(path.AsSpan(start, length), found);
                }
            }
        }

        _budget.Spend(started, _first);
        return found.Count > 0;
    }

    private PythonRegex Compile(string name) => PythonRegex.Compile($@"(^|.*\.){name}($|\..*)", _budget);
}
