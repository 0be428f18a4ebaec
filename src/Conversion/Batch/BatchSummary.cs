using System.Collections.Immutable;

namespace Transfuse.Conversion.Batch;

/// <summary>What came of a batch, counted.</summary>
/// <seealso cref="Transfuse.Conversion.Batch.AdapterBatch" />
public sealed record BatchSummary
{
    /// <summary>How many inputs there were.</summary>
    public required int Inputs { get; init; }

    /// <summary>How many were done now, by what was done: <c>converted</c>, <c>repaired</c>.</summary>
    public ImmutableSortedDictionary<string, int> Done { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>How many had been done before and have not changed.</summary>
    public int Skipped { get; init; }

    /// <summary>How many were refused, by the code of their first error.</summary>
    public ImmutableSortedDictionary<string, int> Refused { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>How many the operating system or the network failed.</summary>
    public int Failed { get; init; }

    /// <summary>How many were not come to.</summary>
    public int NotRun { get; init; }

    /// <summary>How many have not been done.</summary>
    public int Unsuccessful => Refused.Values.Sum() + Failed;

    /// <summary>How many reads, writes and downloads were tried again.</summary>
    public int Retries { get; init; }

    /// <summary>Bytes of the inputs that were come to.</summary>
    public long Bytes { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }
}
