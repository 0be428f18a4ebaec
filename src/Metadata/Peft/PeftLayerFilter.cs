using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Peft;

/// <summary>Finds the layer in a module's path and compares it with <c>layers_to_transform</c>.</summary>
internal sealed class PeftLayerFilter
{
    private readonly FrozenSet<long> _layers;
    private readonly ImmutableArray<PythonRegex> _patterns;

    public PeftLayerFilter(ImmutableArray<long> layers, ImmutableArray<string> names, PeftLayerRule rule, RegexBudget budget)
    {
        _layers = layers.ToFrozenSet();
        string start = rule == PeftLayerRule.FirstIndex ? ".*?" : ".*";
        IEnumerable<string> patterns = names.IsEmpty ? [$@"{start}\.[^.]*\.(\d+)\."] : names.Select(name => $@"{start}\.{name}\.(\d+)\.");
        _patterns = [.. patterns.Select(pattern => PythonRegex.Compile(pattern, budget))];
    }

    public bool Allows(string path)
    {
        foreach (PythonRegex pattern in _patterns)
        {
            if (pattern.MatchAtStart(path) is { } match)
            {
                return _layers.Contains(Index(pattern, match.Group(1)));
            }
        }

        return false;
    }

    /// <summary>Python's <c>int()</c> of group 1, which is another group than the number where the name has groups.</summary>
    private static long Index(PythonRegex pattern, string? digits)
    {
        if (string.IsNullOrEmpty(digits) || !digits.All(char.IsDigit))
        {
            throw new PythonRegexException(PythonRegexCause.Unsupported, pattern.Pattern, "takes something else than a number with its first group; PEFT fails there");
        }

        long index = 0;
        foreach (char digit in digits)
        {
            index = Math.Min((index * 10) + CharUnicodeInfo.GetDecimalDigitValue(digit), long.MaxValue / 100);
        }

        return index;
    }
}
