using System.Collections.Immutable;
using Transfuse.Conversion.Sources;

namespace Transfuse.Conversion.Batch.Journal;

/// <summary>What a journal knows of an input.</summary>
/// <param name="Done">The line that tells that it was done and has not changed since; <see langword="null"/> where it is to be done.</param>
/// <param name="IsOutputOurs">Whether the output that is there is one that the journal tells of, and untouched.</param>
/// <param name="Files">The input's files as they are now; none where nobody needs them.</param>
internal sealed record JournalLookup(JournalEntry? Done, bool IsOutputOurs, ImmutableArray<FileStamp> Files)
{
    /// <summary>Nothing.</summary>
    public static JournalLookup Unknown { get; } = new(null, false, []);

    /// <summary>Those of the files that were read whole to be hashed; the caller disposes them. <see langword="null"/> where none were.</summary>
    public HeldFiles? Held { get; init; }
}
