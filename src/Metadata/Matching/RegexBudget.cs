using System.Diagnostics;

namespace Transfuse.Metadata.Matching;

/// <summary>
/// The time that the patterns of one adapter may take in all. Patterns that need backtracking can be made to run for ever,
/// so they share a short time; the others run in linear time, and theirs bounds only enormous adapters. Safe for concurrent use.
/// </summary>
public sealed class RegexBudget
{
    private readonly long[] _remaining;

    /// <summary>Makes a budget.</summary>
    /// <param name="backtracking">For patterns that backtrack. Default one second.</param>
    /// <param name="linear">For patterns that run in linear time. Default 20 seconds.</param>
    public RegexBudget(TimeSpan? backtracking = null, TimeSpan? linear = null) => _remaining =
    [
        (backtracking ?? TimeSpan.FromSeconds(1)).Ticks,
        (linear ?? TimeSpan.FromSeconds(20)).Ticks,
    ];

    /// <summary>What is left for patterns of a kind; not positive when used up.</summary>
    internal TimeSpan Remaining(bool linear) => new(Interlocked.Read(ref _remaining[linear ? 1 : 0]));

    /// <summary>Books the time since a timestamp of <see cref="Stopwatch"/>.</summary>
    internal void Charge(bool linear, long since) =>
        Interlocked.Add(ref _remaining[linear ? 1 : 0], -Stopwatch.GetElapsedTime(since).Ticks);
}
