using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// The scale alpha / r of LoHa and LoKr modules, from <c>r</c>, <c>alpha</c>, <c>rank_pattern</c> and <c>alpha_pattern</c>. PEFT 0.15 and later look a module
/// up in each pattern on its own; from 0.6 to 0.14 the first key that matches, of the ranks and then of the alphas, was looked up in both.
/// Keys match a whole path, or its end after a dot. PEFT names its version since 0.18.
/// </summary>
internal sealed class LycorisScales
{
    public static readonly ImmutableArray<string> UsedFields = ["alpha", "alpha_pattern", "r", "rank_pattern"];

    private const int Default = 8;
    private const double NoKey = -1;

    private readonly FindingLog _log;
    private readonly PeftConfig _config;
    private readonly PeftPatternMatcher _apart;
    private readonly PeftPatternMatcher? _firstKey;
    private readonly ImmutableArray<string> _keys;

    public LycorisScales(MethodInput input)
    {
        _log = input.Log;
        _config = input.Config with
        {
            Version = null,
            Rank = input.Settings.Positive("r", Default),
            Alpha = input.Settings.Number("alpha", Default),
            RankPattern = Ranks(input.Settings.Fields),
            AlphaPattern = Alphas(input.Settings.Fields),
        };
        RegexBudget budget = _config.Patterns;
        _apart = new PeftPatternMatcher(_config, budget);
        _keys = [.. _config.RankPattern.Select(entry => entry.Key), .. _config.AlphaPattern.Select(entry => entry.Key)];
        bool mayShare = input.Config.Version is null && !_config.RankPattern.IsEmpty && !_config.AlphaPattern.IsEmpty;
        _firstKey = mayShare ? new PeftPatternMatcher(_config with { Alpha = NoKey, AlphaPattern = Indexed(_keys) }, budget) : null;
    }

    /// <summary>The scale of a module, or <see langword="null"/> with a finding.</summary>
    /// <param name="path">The module.</param>
    /// <param name="rank">The rank that its tensors show, or <see langword="null"/>.</param>
    /// <param name="leastRank">The lowest rank that its tensors allow.</param>
    public double? Of(string path, long? rank, long leastRank = 1)
    {
        try
        {
            (int Rank, double Alpha)[] readings = [.. Readings(path).Distinct()];
            (int Rank, double Alpha)[] fitting = [.. readings.Where(reading => rank is null ? reading.Rank >= leastRank : reading.Rank == rank)];
            if (fitting.Length == 0)
            {
                string shown = rank is { } seen ? $"the tensors have rank {seen}" : $"the tensors need a rank of at least {leastRank}";
                _log.Add(MethodCodes.PartShape.At(
                    path, $"{shown}, but the config gives it {string.Join(" or ", readings.Select(reading => reading.Rank).Distinct())}: PEFT could not load "
                    + "it, and alpha / r is uncertain"));
                return null;
            }

            double[] scales = [.. fitting.Select(reading => PeftScaling.ScaleOf(reading.Alpha, reading.Rank)).Distinct()];
            if (scales.Length == 1)
            {
                return scales[0];
            }

            _log.Add(ConfigCodes.AlphaAmbiguous.At(
                new ConfigPlace(_config.FileName, "alpha_pattern"), $"{path}: rank and alpha {string.Join(" or ", fitting)}"));
        }
        catch (PythonRegexException unusable)
        {
            _log.Add(unusable.ToFinding(_config.FileName));
        }

        return null;
    }

    private IEnumerable<(int Rank, double Alpha)> Readings(string path)
    {
        foreach (PeftPatternReading reading in _apart.Read(path).Where(reading => reading.Rule == PeftPatternRule.Current))
        {
            foreach (int rank in reading.Ranks)
            {
                foreach (double alpha in reading.Alphas)
                {
                    yield return (rank, alpha);
                }
            }
        }

        if (_firstKey?.Load(path).Alpha is { } index)
        {
            // Where no key matches, the last segment of the path was looked up.
            string key = index == NoKey ? ModulePath.LeafOf(path) : _keys[(int)index];
            yield return (
                _config.RankPattern.FirstOrDefault(entry => entry.Key == key, new(key, _config.Rank)).Value,
                _config.AlphaPattern.FirstOrDefault(entry => entry.Key == key, new(key, _config.Alpha)).Value);
        }
    }

    // A matcher that gives the place of the key that matches first.
    private static ImmutableArray<KeyValuePair<string, double>> Indexed(ImmutableArray<string> keys) =>
        [.. keys.Select((key, index) => KeyValuePair.Create(key, (double)index)).DistinctBy(entry => entry.Key)];

    private static ImmutableArray<KeyValuePair<string, int>> Ranks(ConfigFields fields)
    {
        ConfigFields pattern = fields.ReadFields("rank_pattern");
        return [.. pattern.Json.Members.Select(
            entry => KeyValuePair.Create(entry.Key, pattern.ReadInteger(entry.Key, 1, out int rank).HasValue() ? rank : Default))];
    }

    private static ImmutableArray<KeyValuePair<string, double>> Alphas(ConfigFields fields)
    {
        ConfigFields pattern = fields.ReadFields("alpha_pattern");
        return [.. pattern.Json.Members.Select(
            entry => KeyValuePair.Create(entry.Key, pattern.ReadNumber(entry.Key, out double alpha).HasValue() ? alpha : Default))];
    }
}
