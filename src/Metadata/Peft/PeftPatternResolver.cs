using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// Compares what the patterns may mean with the ranks of the tensors. The whole adapter was made by one version: a rule that contradicts the rank of one module,
/// where another rule does not, is out for all modules.
/// </summary>
public static class PeftPatternResolver
{
    /// <summary>Resolves the alpha of every module.</summary>
    /// <param name="matcher">The patterns.</param>
    /// <param name="ranks">Paths of the modules and the ranks of their tensors; of experts the rank of one expert.</param>
    /// <returns>One verdict per module, in the same order.</returns>
    /// <exception cref="Matching.PythonRegexException">A pattern cannot be used.</exception>
    public static ImmutableArray<PeftPatternVerdict> Resolve(PeftPatternMatcher matcher, IReadOnlyList<KeyValuePair<string, int>> ranks)
    {
        ImmutableArray<ImmutableArray<PeftPatternReading>> readings = [.. ranks.Select(module => matcher.Read(module.Key))];
        HashSet<PeftPatternRule> refuted = Refuted(readings, ranks);
        if (matcher.Rules.All(refuted.Contains))
        {
            refuted.Clear();
        }

        return [.. ranks.Select((module, index) => Judge(module.Key, module.Value, readings[index], refuted))];
    }

    /// <summary>Reports what is not certain: one finding per kind and meaning, naming the first module.</summary>
    /// <param name="verdicts">What <see cref="Resolve"/> gave.</param>
    /// <param name="config">The config that it was given for.</param>
    /// <param name="log">Takes the findings.</param>
    public static void Report(IReadOnlyList<PeftPatternVerdict> verdicts, PeftConfig config, FindingLog log)
    {
        foreach (var group in verdicts
            .Where(verdict => verdict.Agreement != PeftPatternAgreement.Certain)
            .GroupBy(verdict => (verdict.Agreement, verdict.Rank, Alphas: string.Join(" or ", verdict.Alphas.Take(5).Select(alpha => FormattableString.Invariant($"{alpha}"))))))
        {
            string others = group.Count() == 1 ? string.Empty : $" and {group.Count() - 1} more";
            (FindingCode code, string field) = group.Key.Agreement switch
            {
                PeftPatternAgreement.AlphaAmbiguous => (ConfigCodes.AlphaAmbiguous, "alpha_pattern"),
                PeftPatternAgreement.SettledByRank => (ConfigCodes.ReadingSettled, "rank_pattern"),
                _ => (ConfigCodes.RankContradicted, "rank_pattern"),
            };
            log.Add(code.At($"{config.FileName}:{field}", $"{group.First().Path}{others}, rank {group.Key.Rank}: alpha {group.Key.Alphas}"));
        }
    }

    private static HashSet<PeftPatternRule> Refuted(ImmutableArray<ImmutableArray<PeftPatternReading>> readings, IReadOnlyList<KeyValuePair<string, int>> ranks)
    {
        var refuted = new HashSet<PeftPatternRule>();
        for (int index = 0; index < ranks.Count; index++)
        {
            int rank = ranks[index].Value;
            ILookup<PeftPatternRule, bool> fits = readings[index].ToLookup(reading => reading.Rule, reading => reading.Ranks.Contains(rank));
            if (fits.Any(rule => rule.Contains(true)))
            {
                refuted.UnionWith(fits.Where(rule => !rule.Contains(true)).Select(rule => rule.Key));
            }
        }

        return refuted;
    }

    private static PeftPatternVerdict Judge(string path, int rank, ImmutableArray<PeftPatternReading> readings, HashSet<PeftPatternRule> refuted)
    {
        ImmutableArray<PeftPatternReading> possible = [.. readings.Where(reading => !refuted.Contains(reading.Rule))];
        ImmutableArray<PeftPatternReading> fitting = [.. possible.Where(reading => reading.Ranks.Contains(rank))];
        ImmutableArray<PeftPatternReading> remaining = fitting.IsEmpty ? possible : fitting;
        ImmutableArray<double> alphas = [.. remaining.SelectMany(reading => reading.Alphas).Distinct()];
        bool alike = readings.All(reading => reading.Ranks.Length == 1 && reading.Ranks[0] == rank && reading.Alphas.Length == 1 && reading.Alphas[0] == alphas[0]);
        PeftPatternAgreement agreement = alphas.Length > 1 ? PeftPatternAgreement.AlphaAmbiguous
            : fitting.IsEmpty ? PeftPatternAgreement.RankContradicted
            : alike ? PeftPatternAgreement.Certain
            : PeftPatternAgreement.SettledByRank;
        return new PeftPatternVerdict(path, rank, alphas[0], agreement, alphas, remaining);
    }
}
