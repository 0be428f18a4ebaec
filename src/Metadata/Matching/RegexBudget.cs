using System.Collections.Concurrent;

namespace Transfuse.Metadata.Matching;

/// <summary>
/// What the patterns of one adapter may take in all, to be built and to match: time, and memory for machines that run in linear time. Patterns that need
/// backtracking can be made to run for ever, so they share a short time; the others run in linear time, and theirs bounds only enormous adapters. Time is the
/// processor's, so that a busy machine refuses nothing. Keeps what was built. Safe for concurrent use.
/// </summary>
internal sealed class RegexBudget
{
    // States of all machines without backtracking, a few hundred bytes each.
    private const long MaxMachineSize = 30_000;

    private readonly long[] _remaining;
    private readonly ConcurrentDictionary<string, PythonRegex> _built = new(StringComparer.Ordinal);
    private long _machineSize;

    /// <summary>Makes a budget.</summary>
    /// <param name="backtracking">For patterns that backtrack. Default one second.</param>
    /// <param name="linear">For patterns that run in linear time, and for building all. Default three seconds.</param>
    public RegexBudget(TimeSpan? backtracking = null, TimeSpan? linear = null) => _remaining =
    [
        (backtracking ?? TimeSpan.FromSeconds(1)).Ticks,
        (linear ?? TimeSpan.FromSeconds(3)).Ticks,
    ];

    /// <summary>What was built within this budget, by pattern.</summary>
    internal ConcurrentDictionary<string, PythonRegex> Built => _built;

    /// <summary>What is left for patterns of a kind; not positive when used up.</summary>
    internal TimeSpan Remaining(bool linear) => new(Interlocked.Read(ref _remaining[linear ? 1 : 0]));

    /// <summary>The processor time of the process until now.</summary>
    internal static TimeSpan Now =>
        OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsWindows()
            ? Environment.CpuUsage.TotalTime
            : TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Books the time since an earlier <see cref="Now"/>.</summary>
    internal void Charge(bool linear, TimeSpan since) => Interlocked.Add(ref _remaining[linear ? 1 : 0], (since - Now).Ticks);

    /// <summary>Books the time in which names were looked up.</summary>
    /// <exception cref="PythonRegexException">The time is used up.</exception>
    internal void Spend(TimeSpan since, string pattern)
    {
        Charge(linear: true, since);
        if (Remaining(linear: true) <= TimeSpan.Zero)
        {
            throw PythonRegex.OutOfTime(pattern, null);
        }
    }

    /// <summary>Books a machine without backtracking, if there is room for it.</summary>
    internal bool TryAddMachine(long size) => Interlocked.Add(ref _machineSize, size) <= MaxMachineSize;
}
