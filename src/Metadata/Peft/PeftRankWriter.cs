using Transfuse.Formats.Json;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Peft;

/// <summary>Finds the shortest fields that give every module its rank and alpha.</summary>
internal static class PeftRankWriter
{
    private static readonly PeftPatternRule[] AllRules = [PeftPatternRule.Current, PeftPatternRule.AfterDot, PeftPatternRule.SharedKey];

    /// <summary>
    /// <c>r</c> and <c>lora_alpha</c> are the most frequent values, the smaller of equally frequent ones; other modules are listed one by one.
    /// Their keys are their whole paths where every PEFT since 0.6 then reads what is meant, as PEFT writes them itself, else <c>^</c> and the escaped path,
    /// which PEFT 0.15 and later read. The result was checked by reading it back for all modules.
    /// </summary>
    /// <param name="modules">The modules of the adapter, at least one; no path twice.</param>
    /// <exception cref="ArgumentException">There is no module, a path occurs twice, or a path holds a line feed, which no pattern can tell apart.</exception>
    public static PeftRankFields Minimize(IReadOnlyList<PeftModuleSetting> modules)
    {
        if (modules.Count == 0 || modules.DistinctBy(module => module.Path).Count() != modules.Count)
        {
            throw new ArgumentException("Every module must occur once.", nameof(modules));
        }

        PeftRankFields named = Fields(modules, path => path);
        if (GivesAll(named, modules, AllRules))
        {
            return named;
        }

        PeftRankFields anchored = Fields(modules, path => "^" + PythonRegex.Escape(path));
        return GivesAll(anchored, modules, [PeftPatternRule.Current])
            ? anchored
            : throw new ArgumentException("No pattern tells these paths apart.", nameof(modules));
    }

    private static PeftRankFields Fields(IReadOnlyList<PeftModuleSetting> modules, Func<string, string> key)
    {
        int rank = modules.CountBy(module => module.Rank).OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).First().Key;
        double alpha = modules.CountBy(module => module.Alpha.Value).OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).First().Key;
        return new PeftRankFields(
            rank,
            modules.First(module => module.Alpha.Value == alpha).Alpha,
            [.. modules.Where(module => module.Rank != rank).Select(
                module => new KeyValuePair<string, int>(key(module.Path), module.Rank)).OrderBy(entry => entry.Key, StringComparer.Ordinal)],
            [.. modules.Where(module => module.Alpha.Value != alpha).Select(
                module => new KeyValuePair<string, JsonNumber>(key(module.Path), module.Alpha)).OrderBy(entry => entry.Key, StringComparer.Ordinal)]);
    }

    private static bool GivesAll(PeftRankFields fields, IReadOnlyList<PeftModuleSetting> modules, PeftPatternRule[] rules)
    {
        var config = new PeftConfig
        {
            FileName = string.Empty,
            Source = JsonObject.Empty,
            Rank = fields.Rank,
            Alpha = fields.Alpha.Value,
            RankPattern = fields.RankPattern,
            AlphaPattern = [.. fields.AlphaPattern.Select(entry => new KeyValuePair<string, double>(entry.Key, entry.Value.Value))],
        };
        var matcher = new PeftPatternMatcher(config, new RegexBudget());
        try
        {
            return modules.All(module => Array.TrueForAll(rules, rule => matcher.Load(module.Path, rule) == (module.Rank, module.Alpha.Value)));
        }
        catch (PythonRegexException)
        {
            // A path that is no valid pattern by itself.
            return false;
        }
    }
}
