using Transfuse.Conversion.Batch.Journal;

namespace Transfuse.Conversion.Batch;

/// <summary>How a batch is run.</summary>
/// <seealso cref="Transfuse.Conversion.Batch.AdapterBatch" />
public sealed record BatchOptions
{
    /// <summary>All defaults.</summary>
    public static BatchOptions Default { get; } = new();

    /// <summary>How many adapters are in work at a time. Where fewer are left, each may use more of them. Default: the number of processors.</summary>
    public int Jobs
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Jobs), value, "It is at least 1.");
    } = Environment.ProcessorCount;

    /// <summary>
    /// How many bytes the adapters in work may need together, as estimated from the size of their files; one that needs more than that alone runs by itself.
    /// Default: half of the memory that the process may use.
    /// </summary>
    public long Memory { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Memory), value, "It is at least 1 byte."); } =
        Math.Max(1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);

    /// <summary>Whether the first input that is refused or fails ends the batch; those in work are finished. Default: no.</summary>
    public bool FailFast { get; init; }

    /// <summary>Where it is written down what was done, and read what need not be done again. Default: nowhere.</summary>
    public BatchJournal? Journal { get; init; }
}
