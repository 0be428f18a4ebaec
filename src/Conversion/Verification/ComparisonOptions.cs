namespace Transfuse.Conversion.Verification;

/// <summary>What the caller decides about a comparison.</summary>
/// <seealso cref="Transfuse.Conversion.Verification.AdapterComparer" />
public sealed record ComparisonOptions
{
    /// <summary>All defaults.</summary>
    public static ComparisonOptions Default { get; } = new();

    /// <summary>
    /// Whether to form every element of modules that differ, to find the largest difference. Slow: as many multiplications as a module has elements, times its
    /// rank. Default: no.
    /// </summary>
    public bool WorstElement { get; init; }

    /// <summary>
    /// Whether to compute <see cref="ModuleComparison.Norm"/> also of modules that both have bit by bit, and whose error is therefore known to be 0. Without it
    /// such modules are only read and compared. Default: yes.
    /// </summary>
    public bool NormsOfEqual { get; init; } = true;

    /// <summary>
    /// Most modules in work at one time; fewer where that many would not fit the memory that a comparison takes. Default: one for each processor.
    /// </summary>
    public int MaxDegreeOfParallelism
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MaxDegreeOfParallelism), value, "It is at least 1.");
    } = Environment.ProcessorCount;

    /// <summary>Told after each module, from any thread. Default: nobody.</summary>
    public IProgress<ComparisonProgress>? Progress { get; init; }
}
