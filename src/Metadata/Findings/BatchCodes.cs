using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF700x to TF704x: many inputs.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class BatchCodes
{
    /// <summary>A trainer's checkpoint that a glob met.</summary>
    public static FindingCode CheckpointLeftOut { get; } = new(
        "TF7001", Information, "A trainer's checkpoint that a glob met was left out.",
        "A glob that names it ('runs/*/checkpoint-*') or --checkpoints takes it.");

    /// <summary>A folder whose adapter is not there yet.</summary>
    public static FindingCode HalfWritten { get; } = new(
        "TF7002", Warning, "A folder that a glob met holds an adapter that is not written yet; it was left out.",
        "Run the command again when the training or download has ended; what is done is not done again.");

    /// <summary>Outputs that a glob met.</summary>
    public static FindingCode OutputsLeftOut { get; } = new(
        "TF7003", Information, "What a glob met in the output folder was left out: it is what an earlier run has written.",
        "A glob that begins in the output folder ('runs/out/*') takes it.");

    /// <summary>A read, write or download that was repeated.</summary>
    public static FindingCode Retried { get; } = new(
        "TF7010", Information, "A read, write or download failed for a moment and was tried again.",
        "Nothing is lost. Where it happens often, look at the disk or the network.");

    /// <summary>An output that was there already with the same content.</summary>
    public static FindingCode OutputAdopted { get; } = new(
        "TF7011", Information, "The output was there already, byte for byte as it would have been written.",
        "Nothing: an earlier run was ended after the output and before its journal, or another process made the same.");

    /// <summary>Lines of a journal that were passed over.</summary>
    public static FindingCode JournalDamaged { get; } = new(
        "TF7012", Warning, "A journal has lines that cannot be read; what they told is done again.",
        "One line is what a process leaves that is killed as it writes; where there are many, look at the disk.");

    /// <summary>A shard of which no journal tells.</summary>
    public static FindingCode ShardMissing { get; } = new(
        "TF7020", Error, "No journal tells of one of the shards.",
        "Run that shard; each shard that begins leaves a journal, even where it has no input.");

    /// <summary>Shards that were given different lists.</summary>
    public static FindingCode ShardsDiffer { get; } = new(
        "TF7021", Error, "The shards saw different inputs, so that an input may belong to none of them.",
        "Run the shards again over the same files; what is done is not done again.");

    /// <summary>Inputs that were begun or awaited and not ended.</summary>
    public static FindingCode Unfinished { get; } = new(
        "TF7022", Error, "A run did not come to the end of its inputs.",
        "Run the same command again: it goes on where that one stopped.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
        [CheckpointLeftOut, HalfWritten, OutputsLeftOut, Retried, OutputAdopted, JournalDamaged, ShardMissing, ShardsDiffer, Unfinished];
}
