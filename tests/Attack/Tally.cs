using System.Collections.Concurrent;

namespace Transfuse.Attack;

/// <summary>What the rounds of a campaign came to.</summary>
public sealed class Tally
{
    private const double MostSeconds = 5;
    private const long MostKibibytes = 256 * 1024;

    private readonly ConcurrentDictionary<int, int> _codes = new();
    private readonly Lock _lock = new();
    private double _seconds;
    private long _kibibytes;
    private int _rounds;

    /// <summary>What broke a promise, a line each.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Holds an ending against what is promised of every run.</summary>
    /// <param name="round">Names the round, so that it can be repeated.</param>
    /// <param name="ending">Of the command.</param>
    /// <param name="expected">Exit codes that are right here.</param>
    public void Judge(string round, Ending ending, params IReadOnlyList<int> expected)
    {
        _codes.AddOrUpdate(ending.Code, 1, (_, count) => count + 1);
        lock (_lock)
        {
            (_seconds, _kibibytes) = (Math.Max(_seconds, ending.Seconds), Math.Max(_kibibytes, ending.Kibibytes));
        }

        Check(expected.Contains(ending.Code), $"{round}: exit {ending.Code}: {ending.Text.Trim()}");
        Check(!ending.Text.Contains("   at ", StringComparison.Ordinal), $"{round}: a stack trace: {ending.Text.Trim()}");
        Check(ending.Seconds <= MostSeconds, $"{round}: {ending.Seconds:F1} s");
        Check(ending.Kibibytes <= MostKibibytes, $"{round}: {ending.Kibibytes / 1024} MiB");
    }

    /// <summary>Notes a broken promise.</summary>
    public void Check(bool holds, string failure)
    {
        if (!holds)
        {
            Failures.Enqueue(failure);
            Console.Error.WriteLine(failure);
        }
    }

    /// <summary>Counts a round.</summary>
    public void Round()
    {
        int rounds = Interlocked.Increment(ref _rounds);
        if (rounds % 1000 == 0)
        {
            Console.Error.WriteLine($"{rounds} rounds, {Failures.Count} failures");
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{_rounds} rounds, {Failures.Count} failures; exit codes {string.Join(", ", _codes.OrderBy(code => code.Key).Select(code => $"{code.Key}: {code.Value}"))}; "
        + $"at most {_seconds:F2} s and {_kibibytes / 1024} MiB a run";
}
