namespace Transfuse.Conversion.Batch.Journal;

/// <summary>What a journal is kept of.</summary>
/// <seealso cref="Transfuse.Conversion.Batch.Journal.BatchJournal" />
public sealed record JournalOptions
{
    /// <summary>The verb.</summary>
    public required string Verb { get; init; }

    /// <summary>Everything that was asked for and can change what comes of an input, as text: another text means that nothing is done yet.</summary>
    public required string Asked { get; init; }

    /// <summary>The folder that outputs lie in, each by its name; <see langword="null"/> where the verb writes none.</summary>
    public string? Output { get; init; }

    /// <summary>Whether files beside an adapter are copied with it, so that a change of one counts. Default: no.</summary>
    public bool TakesAllFiles { get; init; }

    /// <summary>Whether the inputs themselves are changed, so that it counts how they are afterwards. Default: no.</summary>
    public bool IsInPlace { get; init; }

    /// <summary>Whether an output whose input was begun, when nothing was in its place, is known to be this batch's own. Default: no, it is compared.</summary>
    public bool TrustsBegun { get; init; }

    /// <summary>Whether each line is forced to the disk. Default: no.</summary>
    public bool IsDurable { get; init; }
}
