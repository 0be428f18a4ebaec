using System.Collections.Immutable;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// Reads <c>rank_pattern</c> and <c>alpha_pattern</c> for a module, in every way that the version of PEFT that wrote the config may have.
/// Paths are those of the Hugging Face model without <c>base_model.model.</c>; for <c>target_parameters</c> those of the parameters.
/// </summary>
internal sealed class PeftPatternMatcher
{
    private readonly PeftConfig _config;
    private readonly PeftPatternKeys _rankKeys;
    private readonly PeftPatternKeys _alphaKeys;
    private readonly Dictionary<string, int> _ranks;
    private readonly Dictionary<string, double> _alphas;
    private readonly bool _ranksMayBeReordered;
    private readonly bool _alphasMayBeReordered;

    /// <summary>Prepares the patterns of a config.</summary>
    /// <param name="config">The config.</param>
    /// <param name="budget">The time that all patterns of the adapter share.</param>
    public PeftPatternMatcher(PeftConfig config, RegexBudget budget)
    {
        _config = config;
        Rules = RulesOf(config.Version);
        _rankKeys = new PeftPatternKeys([.. config.RankPattern.Select(entry => entry.Key)], budget);
        _alphaKeys = new PeftPatternKeys([.. config.AlphaPattern.Select(entry => entry.Key)], budget);
        _ranks = new Dictionary<string, int>(config.RankPattern, StringComparer.Ordinal);
        _alphas = new Dictionary<string, double>(config.AlphaPattern, StringComparer.Ordinal);
        _ranksMayBeReordered = IsSorted(_rankKeys.Keys);
        _alphasMayBeReordered = IsSorted(_alphaKeys.Keys);
    }

    /// <summary>Whether there is no pattern at all, so that every module has the config's rank and alpha under every rule.</summary>
    public bool IsPlain => _rankKeys.Keys.IsEmpty && _alphaKeys.Keys.IsEmpty;

    /// <summary>
    /// The rules that may have been in force when the config was written; the first is that of PEFT 0.15 to 0.21 unless the version says otherwise.
    /// </summary>
    public ImmutableArray<PeftPatternRule> Rules { get; }

    /// <summary>The rules of a version. Without a version, which PEFT writes since 0.18.0, any of them.</summary>
    public static ImmutableArray<PeftPatternRule> RulesOf(PeftVersion? version) =>
        version is null ? [PeftPatternRule.Current, PeftPatternRule.AfterDot, PeftPatternRule.SharedKey]
        : version.IsAtLeast(0, 15) ? [PeftPatternRule.Current]
        : version.IsAtLeast(0, 14) ? [PeftPatternRule.AfterDot]
        : [PeftPatternRule.SharedKey];

    /// <summary>What a rule gives a module when PEFT loads the config.</summary>
    /// <returns>The rank and the alpha of the module.</returns>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public (int Rank, double Alpha) Load(string path, PeftPatternRule rule = PeftPatternRule.Current)
    {
        if (rule == PeftPatternRule.SharedKey)
        {
            string key = First(_rankKeys, path, rule) ?? First(_alphaKeys, path, rule) ?? path;
            return (RankOf(key), AlphaOf(key));
        }

        return (RankOf(First(_rankKeys, path, rule) ?? path), AlphaOf(First(_alphaKeys, path, rule) ?? path));
    }

    /// <summary>Everything that the patterns may mean for a module; the first reading's first rank and alpha are what loading gives.</summary>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public ImmutableArray<PeftPatternReading> Read(string path) => [.. Rules.SelectMany(rule => Read(path, rule))];

    /// <summary>The keys of <c>rank_pattern</c> that match none of the modules under any rule of <see cref="Rules"/>, in the order of the file.</summary>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public ImmutableArray<string> UnusedRankKeys(IReadOnlyCollection<string> paths) => _rankKeys.Unused(paths, Rules);

    /// <summary>The keys of <c>alpha_pattern</c> that match none of the modules under any rule of <see cref="Rules"/>, in the order of the file.</summary>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public ImmutableArray<string> UnusedAlphaKeys(IReadOnlyCollection<string> paths) => _alphaKeys.Unused(paths, Rules);

    private IEnumerable<PeftPatternReading> Read(string path, PeftPatternRule rule)
    {
        if (IsPlain)
        {
            return [new PeftPatternReading(rule, [_config.Rank], [_config.Alpha])];
        }

        List<string> rankKeys = Matching(_rankKeys, path, rule, _ranksMayBeReordered);
        List<string> alphaKeys = Matching(_alphaKeys, path, rule, _alphasMayBeReordered);
        if (rule == PeftPatternRule.SharedKey)
        {
            List<string> keys = rankKeys.Count > 0 ? rankKeys : alphaKeys.Count > 0 ? alphaKeys : [path];
            return keys.Select(key => Reading(rule, [key], [key])).DistinctBy(reading => (reading.Ranks[0], reading.Alphas[0]));
        }

        return [Reading(rule, rankKeys.Count > 0 ? rankKeys : [path], alphaKeys.Count > 0 ? alphaKeys : [path])];
    }

    private PeftPatternReading Reading(PeftPatternRule rule, List<string> rankKeys, List<string> alphaKeys) => new(
        rule,
        [.. rankKeys.Select(RankOf).Distinct()],
        [.. alphaKeys.Select(AlphaOf).Distinct()]);

    private int RankOf(string key) => _ranks.GetValueOrDefault(key, _config.Rank);

    private double AlphaOf(string key) => _alphas.GetValueOrDefault(key, _config.Alpha);

    /// <summary>The keys that match: all of them, or only the first where the order of the file is that of training.</summary>
    private static List<string> Matching(PeftPatternKeys keys, string path, PeftPatternRule rule, bool all) =>
        all ? [.. keys.All(path, rule).Select(number => keys.Keys[number])] : First(keys, path, rule) is { } first ? [first] : [];

    private static string? First(PeftPatternKeys keys, string path, PeftPatternRule rule) => keys.First(path, rule) is { } number ? keys.Keys[number] : null;

    /// <summary>Every PEFT sorts the keys when it saves. Keys that are not sorted were written by something else, in an order that was meant.</summary>
    private static bool IsSorted(ImmutableArray<string> keys)
    {
        for (int index = 1; index < keys.Length; index++)
        {
            if (string.CompareOrdinal(keys[index - 1], keys[index]) > 0)
            {
                return false;
            }
        }

        return true;
    }
}
