using System.Collections.Immutable;
using Transfuse.Conversion.Batch.Journal;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Batch;

/// <summary>What came of one input of a batch.</summary>
/// <seealso cref="Transfuse.Conversion.Batch.IBatchObserver" />
public sealed record BatchOutcome
{
    /// <summary>The input.</summary>
    public required BatchInput Input { get; init; }

    /// <summary>What became of it.</summary>
    public required BatchVerdict Verdict { get; init; }

    /// <summary>
    /// What was done, as a participle: <c>converted</c>, <c>repaired</c>, <c>unchanged</c>, <c>checked</c>; <see langword="null"/> where nothing was.
    /// </summary>
    public string? Action { get; init; }

    /// <summary>What was found, errors first.</summary>
    public ImmutableArray<Finding> Findings { get; init; } = [];

    /// <summary>What the operating system or the network said, where it failed.</summary>
    public string? Failure { get; init; }

    /// <summary>The files that were written, with their hashes.</summary>
    public ImmutableArray<FileStamp> Outputs { get; init; } = [];

    /// <summary>Whether a journal told that this was done before, and nothing has changed since.</summary>
    public bool IsSkipped { get; init; }

    /// <summary>What the caller attaches for its own use; no journal holds it.</summary>
    public object? Detail { get; init; }
}
