using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Batch.Journal;

/// <summary>One line of a journal.</summary>
internal sealed record JournalEntry
{
    /// <summary>What the line tells: <c>run</c> that a process began, <c>begin</c> that an input did, <c>end</c> what came of one.</summary>
    public required string Kind { get; init; }

    /// <summary>When it was written, in ticks of 100 ns since the year 1, UTC.</summary>
    public required long Time { get; init; }

    /// <summary>The verb, such as <c>convert</c>.</summary>
    public required string Verb { get; init; }

    /// <summary>The version of Transfuse.</summary>
    public required string Version { get; init; }

    /// <summary>What was asked for, apart from the inputs, as a hash.</summary>
    public required string Options { get; init; }

    /// <summary>Of a run: which shard of how many it is, as <c>2/8</c>; <see langword="null"/> where it was not divided.</summary>
    public string? Shard { get; init; }

    /// <summary>Of a run: how many inputs all shards together have.</summary>
    public int? Count { get; init; }

    /// <summary>Of a run: a hash of the names of the inputs of all shards.</summary>
    public string? List { get; init; }

    /// <summary>Of a run: the names of the inputs of this shard.</summary>
    public ImmutableArray<string>? Names { get; init; }

    /// <summary>Of an input: what was read.</summary>
    public string? Input { get; init; }

    /// <summary>Of an input: what it is called among the outputs.</summary>
    public string? Name { get; init; }

    /// <summary>Of an end: <c>done</c>, <c>refused</c> or <c>failed</c>.</summary>
    public string? Verdict { get; init; }

    /// <summary>Of an end: what was done, such as <c>converted</c>.</summary>
    public string? Action { get; init; }

    /// <summary>Of an end: what was found.</summary>
    public ImmutableArray<JournalFinding>? Findings { get; init; }

    /// <summary>Of an end: what the operating system or the network said.</summary>
    public string? Failure { get; init; }

    /// <summary>Of an end: the files that were read.</summary>
    public ImmutableArray<FileStamp>? Files { get; init; }

    /// <summary>Of an end: the files that were written.</summary>
    public ImmutableArray<FileStamp>? Outputs { get; init; }

    /// <summary>Of an end: how long it took.</summary>
    public double? Seconds { get; init; }

    /// <summary>The outcome that an end tells of.</summary>
    /// <param name="input">The input.</param>
    /// <param name="isSkipped">Whether it is the outcome of an earlier run.</param>
    public BatchOutcome ToOutcome(BatchInput input, bool isSkipped = true) => new()
    {
        Input = input,
        Verdict = Verdict switch { "done" => BatchVerdict.Done, "failed" => BatchVerdict.Failed, _ => BatchVerdict.Refused },
        Action = Action,
        Findings = [.. (Findings ?? []).Select(finding => finding.ToFinding()).OfType<Finding>()],
        Failure = Failure,
        Outputs = Outputs ?? [],
        IsSkipped = isSkipped,
    };

    /// <summary>Whether the line has what one of its kind must have.</summary>
    internal bool IsWhole => Kind switch
    {
        "end" => Name is not null && Input is not null && Verdict is "done" or "refused" or "failed",
        "begin" => Name is not null,
        "run" => List is not null && Count is not null && Names is not null,
        _ => false,
    };
}
