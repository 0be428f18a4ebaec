using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Peft;

/// <summary>Finds the layer in a module's path and compares it with <c>layers_to_transform</c>.</summary>
internal sealed class PeftLayerFilter
{
    private readonly FrozenSet<long> _layers;
    private readonly ImmutableArray<string> _patterns;
    private readonly NameTable _names = new();
    private readonly int[] _others;
    private readonly int[] _all;
    private readonly PeftLayerRule _rule;
    private readonly RegexBudget _budget;

    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public PeftLayerFilter(ImmutableArray<long> layers, ImmutableArray<string> names, PeftLayerRule rule, RegexBudget budget)
    {
        _layers = layers.ToFrozenSet();
        _rule = rule;
        _budget = budget;
        string start = rule == PeftLayerRule.FirstIndex ? ".*?" : ".*";
        _patterns = names.IsEmpty ? [$@"{start}\.[^.]*\.(\d+)\."] : [.. names.Select(name => $@"{start}\.{name}\.(\d+)\.")];
        _all = [.. Enumerable.Range(0, _patterns.Length)];
        _others = names.IsEmpty ? _all : [.. _all.Where(number => !_names.TryAdd(names[number], number))];
        foreach (int number in _others)
        {
            PythonRegex.Compile(_patterns[number], budget);
        }
    }

    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public bool Allows(string path)
    {
        (int Number, string Digits)? named = NameTable.Covers(path) ? Named(path) : null;
        foreach (int number in NameTable.Covers(path) ? _others : _all)
        {
            if (named is { } earlier && earlier.Number < number)
            {
                break;
            }

            PythonRegex pattern = PythonRegex.Compile(_patterns[number], _budget);
            if (pattern.MatchAtStart(path) is { } match)
            {
                return _layers.Contains(Index(pattern.Pattern, match.Group(1)));
            }
        }

        return named is { } found && _layers.Contains(Index(_patterns[found.Number], found.Digits));
    }

    // The first name that stands before a number, and the number: the path's first or last one after that name.
    private (int Number, string Digits)? Named(string path)
    {
        TimeSpan started = RegexBudget.Now;
        (int Number, string Digits)? best = null;
        var found = new List<int>();
        for (int end = path.IndexOf('.', StringComparison.Ordinal); end >= 0; end = path.IndexOf('.', end + 1))
        {
            int next = end + 1;
            while (next < path.Length && char.IsAsciiDigit(path[next]))
            {
                next++;
            }

            if (next == end + 1 || next == path.Length || path[next] != '.')
            {
                continue;
            }

            found.Clear();
            foreach (int length in _names.Lengths)
            {
                if (end - length > 0 && path[end - length - 1] == '.')
                {
                    _names.Find(path.AsSpan(end - length, length), found);
                }
            }

            if (found.Count > 0 && (best is null || found.Min() < best.Value.Number || (found.Min() == best.Value.Number && _rule == PeftLayerRule.LastIndex)))
            {
                best = (found.Min(), path[(end + 1)..next]);
            }
        }

        _budget.Spend(started, _patterns[0]);
        return best;
    }

    /// <summary>Python's <c>int()</c> of group 1, which is another group than the number where the name has groups.</summary>
    private static long Index(string pattern, string? digits)
    {
        if (string.IsNullOrEmpty(digits) || !digits.All(char.IsDigit))
        {
            throw new PythonRegexException(PythonRegexCause.Unsupported, pattern, "takes something else than a number with its first group; PEFT fails there");
        }

        long index = 0;
        foreach (char digit in digits)
        {
            index = Math.Min((index * 10) + CharUnicodeInfo.GetDecimalDigitValue(digit), long.MaxValue / 100);
        }

        return index;
    }
}
