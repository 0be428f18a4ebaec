using System.Collections.Immutable;
using System.Globalization;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// Compares what the patterns may mean with the ranks of the tensors. The whole adapter was made by one version: a rule that contradicts the rank of one
/// module, where another rule does not, is out for all modules.
/// </summary>
internal static class PeftPatternResolver
{
    /// <summary>Resolves the alpha of every module.</summary>
    /// <param name="matcher">The patterns.</param>
    /// <param name="ranks">Paths of the modules and the ranks of their tensors, which are positive; of experts the rank of one expert.</param>
    /// <returns>One verdict per module, in the same order.</returns>
    /// <exception cref="Matching.PythonRegexException">A pattern cannot be used.</exception>
    public static ImmutableArray<PeftPatternVerdict> Resolve(PeftPatternMatcher matcher, IReadOnlyCollection<KeyValuePair<string, int>> ranks)
    {
        if (matcher.IsPlain)
        {
            return ResolvePlain(matcher, ranks);
        }

        // Readings are made twice and not kept: hostile patterns can make them many for every module.
        var refuted = new HashSet<PeftPatternRule>();
        if (matcher.Rules.Length > 1)
        {
            foreach ((string path, int rank) in ranks)
            {
                ILookup<PeftPatternRule, bool> fits = matcher.Read(path).ToLookup(reading => reading.Rule, reading => reading.Ranks.Contains(rank));
                if (fits.Any(rule => rule.Contains(true)))
                {
                    refuted.UnionWith(fits.Where(rule => !rule.Contains(true)).Select(rule => rule.Key));
                }
            }
        }

        if (matcher.Rules.All(refuted.Contains))
        {
            refuted.Clear();
        }

        return [.. ranks.Select(module => Judge(module.Key, module.Value, matcher.Read(module.Key), refuted))];
    }

    // Without a pattern a verdict depends on the rank alone: modules of one rank share what it is made of.
    private static ImmutableArray<PeftPatternVerdict> ResolvePlain(PeftPatternMatcher matcher, IReadOnlyCollection<KeyValuePair<string, int>> ranks)
    {
        ImmutableArray<PeftPatternReading> readings = matcher.Read(string.Empty);
        var byRank = new Dictionary<int, PeftPatternVerdict>();
        var verdicts = ImmutableArray.CreateBuilder<PeftPatternVerdict>(ranks.Count);
        foreach ((string path, int rank) in ranks)
        {
            if (!byRank.TryGetValue(rank, out PeftPatternVerdict? verdict))
            {
                byRank.Add(rank, verdict = Judge(path, rank, readings, []));
            }

            verdicts.Add(verdict with { Path = path });
        }

        return verdicts.MoveToImmutable();
    }

    /// <summary>What is not certain: one finding per kind and meaning, naming the first modules.</summary>
    /// <param name="verdicts">What <see cref="Resolve"/> gave.</param>
    /// <param name="config">The config that it was given for.</param>
    public static IEnumerable<Finding> Report(IReadOnlyCollection<PeftPatternVerdict> verdicts, PeftConfig config)
    {
        string rankField = config.RankPattern.IsEmpty ? "r" : "rank_pattern";
        foreach (var group in verdicts
            .Where(verdict => verdict.Agreement != PeftPatternAgreement.Certain)
            .GroupBy(
                verdict =>
                    (
                        verdict.Agreement, verdict.Rank, verdict.ConfigRank,
                        Alphas: string.Join(" or ", verdict.Alphas.Select(alpha => alpha.ToString(CultureInfo.InvariantCulture))))))
        {
            string modules = NameList.Of(group.Select(verdict => verdict.Path));
            yield return group.Key.Agreement switch
            {
                PeftPatternAgreement.AlphaAmbiguous =>
                    ConfigCodes.AlphaAmbiguous.At(
                        new ConfigPlace(config.FileName, "alpha_pattern"),
                        $"{modules}: alpha {group.Key.Alphas}{(config.Version is null ? "; peft_version, which could tell, is not there" : string.Empty)}"),
                PeftPatternAgreement.SettledByRank =>
                    ConfigCodes.ReadingSettled.At(new ConfigPlace(config.FileName, rankField), $"{modules}: rank {group.Key.Rank}, alpha {group.Key.Alphas}"),
                _ =>
                    ConfigCodes.RankContradicted.At(
                        new ConfigPlace(config.FileName, rankField),
                        $"{modules}: rank {group.Key.ConfigRank} in the config, {group.Key.Rank} in the tensors; alpha {group.Key.Alphas}"),
            };
        }
    }

    private static PeftPatternVerdict Judge(string path, int rank, ImmutableArray<PeftPatternReading> readings, HashSet<PeftPatternRule> refuted)
    {
        PeftPatternReading[] possible = [.. readings.Where(reading => !refuted.Contains(reading.Rule))];
        PeftPatternReading[] fitting = Array.FindAll(possible, reading => reading.Ranks.Contains(rank));
        ImmutableArray<double> alphas =
            [.. (fitting.Length > 0 ? fitting : possible).SelectMany(reading => reading.Alphas).Distinct().Take(PeftPatternVerdict.MaxAlphas)];
        bool alike = readings.All(reading => reading.Ranks is [var only] && only == rank && reading.Alphas is [var alpha] && alpha == alphas[0]);
        PeftPatternAgreement agreement = alphas.Length > 1 ? PeftPatternAgreement.AlphaAmbiguous
            : fitting.Length == 0 ? PeftPatternAgreement.RankContradicted
            : alike ? PeftPatternAgreement.Certain
            : PeftPatternAgreement.SettledByRank;
        return new PeftPatternVerdict(path, rank, alphas[0], readings[0].Ranks[0], agreement, alphas);
    }
}
