using System.Collections.Immutable;
using Transfuse.Conversion.Batch.Shards;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Batch.Journal;

/// <summary>The journals of an output folder as one report: what came of each input last, whichever process did it, and what is missing.</summary>
/// <example>
/// <code>
/// MergedReport report = MergedReport.Read("converted");
/// Console.WriteLine($"{report.Shards.Length} shards, {report.Summary.Unsuccessful} not done");
/// </code>
/// </example>
public sealed record MergedReport
{
    /// <summary>The verb that the last run was of.</summary>
    public required string Verb { get; init; }

    /// <summary>What came of each input, ordinal by name.</summary>
    public required ImmutableArray<BatchOutcome> Outcomes { get; init; }

    /// <summary>The shards, or the one run.</summary>
    public required ImmutableArray<MergedShard> Shards { get; init; }

    /// <summary>What is missing or does not fit together: errors, and lines that could not be read.</summary>
    public required ImmutableArray<Finding> Findings { get; init; }

    /// <summary>What came of the batch, counted.</summary>
    public required BatchSummary Summary { get; init; }

    /// <summary>Joins the journals of a folder. Only runs that were asked for the same as the last one count.</summary>
    /// <param name="folder">The output folder.</param>
    /// <exception cref="BatchException">There is no journal.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static MergedReport Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var runs = new List<JournalEntry>();
        var ends = new Dictionary<(string Verb, string Options, string Name), JournalEntry>();
        int damaged = 0;
        foreach (string path in JournalFolder.Files(folder))
        {
            damaged += JournalFolder.Read(path, entry =>
            {
                if (entry.Kind == "run")
                {
                    runs.Add(entry);
                }
                else if (entry.Kind == "end"
                    && (!ends.TryGetValue((entry.Verb, entry.Options, entry.Name!), out JournalEntry? known) || known.Time <= entry.Time))
                {
                    ends[(entry.Verb, entry.Options, entry.Name!)] = entry;
                }
            });
        }

        JournalEntry last = runs.MaxBy(run => run.Time) ?? throw new BatchException($"'{folder}' has no journal of a batch.");
        JournalEntry[] latest =
        [
            .. runs.Where(run => run.Verb == last.Verb && run.Options == last.Options && CountOf(run) == CountOf(last))
                .GroupBy(run => run.Shard).Select(group => group.MaxBy(run => run.Time)!).OrderBy(run => NumberOf(run)),
        ];
        var log = new FindingLog();
        if (damaged > 0)
        {
            log.Add(BatchCodes.JournalDamaged.At(folder, $"{damaged} {(damaged == 1 ? "line" : "lines")} of its journals could not be read"));
        }

        FindMissing(latest, CountOf(last), log);
        var outcomes = new SortedDictionary<string, JournalEntry>(StringComparer.Ordinal);
        var shards = ImmutableArray.CreateBuilder<MergedShard>();
        foreach (JournalEntry run in latest)
        {
            string[] open = [.. run.Names!.Value.Where(name => !ends.ContainsKey((run.Verb, run.Options, name)))];
            foreach (string name in run.Names.Value.Except(open))
            {
                outcomes[name] = ends[(run.Verb, run.Options, name)];
            }

            shards.Add(new MergedShard(run.Shard, run.Names.Value.Length, run.Names.Value.Length - open.Length));
            if (open is not [])
            {
                log.Add(BatchCodes.Unfinished.At(run.Shard is null ? folder : $"shard {run.Shard}",
                    $"{open.Length} of {run.Names.Value.Length} inputs were not ended: {NameList.Of(open)}"));
            }
        }

        return Of(last, outcomes, shards.ToImmutable(), log);
    }

    private static MergedReport Of(JournalEntry last, SortedDictionary<string, JournalEntry> ends, ImmutableArray<MergedShard> shards, FindingLog log)
    {
        var counter = new SummaryCounter();
        var outcomes = ImmutableArray.CreateBuilder<BatchOutcome>(ends.Count);
        double seconds = 0;
        foreach ((string name, JournalEntry end) in ends)
        {
            var input = new BatchInput(end.Input!, name) { Bytes = (end.Files ?? []).Sum(file => file.Bytes) };
            outcomes.Add(end.ToOutcome(input, isSkipped: false));
            counter.Add(outcomes[^1]);
            seconds += end.Seconds ?? 0;
        }

        return new MergedReport
        {
            Verb = last.Verb,
            Outcomes = outcomes.ToImmutable(),
            Shards = shards,
            Findings = log.ToSorted(),
            Summary = counter.ToSummary(Math.Max(last.Count ?? 0, outcomes.Count), 0, TimeSpan.FromSeconds(Math.Min(seconds, 1e9))),
        };
    }

    private static void FindMissing(JournalEntry[] runs, int count, FindingLog log)
    {
        if (count == 0)
        {
            return;
        }

        var present = runs.Select(NumberOf).ToHashSet();
        string[] missing = [.. Enumerable.Range(1, count).Where(number => !present.Contains(number)).Select(number => $"{number}")];
        if (missing is not [])
        {
            log.Add(BatchCodes.ShardMissing.At($"{missing.Length} of {count} shards", $"no journal tells of {NameList.Of(missing)}"));
        }

        if (runs.Select(run => run.List).Distinct().Count() > 1)
        {
            log.Add(BatchCodes.ShardsDiffer.At(
                $"{count} shards",
                $"they saw {string.Join(", ", runs.Select(run => run.Count).Distinct().Order())} inputs, in {runs.Select(run => run.List).Distinct().Count()} "
                + "different lists"));
        }
    }

    private static int CountOf(JournalEntry run) => run.Shard is { } text && Shard.Parse(text) is { } shard ? shard.Count : 0;

    private static int NumberOf(JournalEntry run) => run.Shard is { } text && Shard.Parse(text) is { } shard ? shard.Number : 0;
}
