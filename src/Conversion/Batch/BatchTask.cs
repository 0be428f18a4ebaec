using System.Collections.Immutable;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Batch;

/// <summary>One input in work.</summary>
/// <param name="Input">The input.</param>
/// <param name="Workers">How many tensors of it may be in work at a time.</param>
/// <param name="Retries">Takes what had to be tried again.</param>
/// <param name="CancellationToken">Ends the work; nothing is written then.</param>
/// <example>
/// <code>
/// IReadOnlyList&lt;BatchInput&gt; inputs = InputDiscovery.Find(["runs/**"]).Inputs;
/// AdapterBatch.Of(inputs).Run(task =&gt; new BatchOutcome { Input = task.Input, Verdict = BatchVerdict.Done, Action = "seen" });
/// </code>
/// </example>
public sealed record BatchTask(BatchInput Input, int Workers, RetryLog Retries, CancellationToken CancellationToken)
{
    /// <summary>
    /// Whether the output that is there is one that an earlier run of the same batch wrote and nobody has touched since, so that it may be replaced.
    /// </summary>
    public bool MayReplace { get; init; }

    /// <summary>The files that the work has written, for the journal; set by the work.</summary>
    public ImmutableArray<Journal.FileStamp> Outputs { get; set; } = [];

    /// <summary>Files of the input that the journal has read; <see langword="null"/> where it has kept none.</summary>
    internal HeldFiles? Held { get; init; }

    /// <summary>Where the run makes its new outputs; <see langword="null"/> where each is made by itself.</summary>
    internal WorkFolderShare? Share { get; init; }

    /// <summary>Who writes down that the input begins.</summary>
    internal Action? OnBegin { get; init; }

    /// <summary>Notes that the output is begun and nothing is in its place: whatever is there later is this batch's own.</summary>
    public void NoteBegin() => OnBegin?.Invoke();

    /// <summary>Opens the input.</summary>
    /// <param name="takesAll">Whether the files beside it are wanted too.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    internal IAdapterSource OpenSource(bool takesAll = false) => AdapterSource.Open(Input.Path, Retries, Held, takesAll);
}
