using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Batch;

/// <summary>Counts outcomes.</summary>
internal sealed class SummaryCounter
{
    private readonly Dictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _refused = new(StringComparer.Ordinal);
    private int _skipped;
    private int _failed;
    private int _ended;
    private long _bytes;

    public void Add(BatchOutcome outcome)
    {
        _ended++;
        _bytes += outcome.Input.Bytes;
        if (outcome.IsSkipped)
        {
            _skipped++;
        }
        else if (outcome.Verdict == BatchVerdict.Done)
        {
            Count(_done, outcome.Action ?? "done");
        }
        else if (outcome.Verdict == BatchVerdict.Failed)
        {
            _failed++;
        }
        else
        {
            Count(_refused, outcome.Findings.FirstOrDefault(finding => finding.Severity == Severity.Error)?.Code.Id ?? "refused");
        }
    }

    public BatchSummary ToSummary(int inputs, int retries, TimeSpan elapsed) => new()
    {
        Inputs = inputs,
        Done = Sorted(_done),
        Skipped = _skipped,
        Refused = Sorted(_refused),
        Failed = _failed,
        NotRun = inputs - _ended,
        Retries = retries,
        Bytes = _bytes,
        Elapsed = elapsed,
    };

    private static void Count(Dictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static ImmutableSortedDictionary<string, int> Sorted(Dictionary<string, int> counts) => counts.ToImmutableSortedDictionary(StringComparer.Ordinal);
}
