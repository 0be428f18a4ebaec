using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Verification;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages;

/// <summary>A conversion on its way from stage to stage.</summary>
/// <seealso cref="Transfuse.Conversion.Stages.IPipelineStage" />
public sealed class PipelineState : IDisposable
{
    internal PipelineState(IAdapterSource files, TargetProfile target, Run run) => (Files, Target, Run) = (files, target, run);

    /// <summary>The reader that is written for.</summary>
    public TargetProfile Target { get; }

    /// <summary>What the caller decided.</summary>
    public ConversionOptions Options => Run.Options;

    /// <summary>Takes the findings; an error ends the run after the stage that gave it.</summary>
    public FindingLog Log => Run.Log;

    /// <summary>Ends the run.</summary>
    public CancellationToken CancellationToken => Run.CancellationToken;

    /// <summary>The dialect that the adapter comes in; <see langword="null"/> before <see cref="StageNames.Read"/>.</summary>
    public AdapterDialect? SourceDialect => Dialect?.Id;

    /// <summary>The adapter as it was read; <see langword="null"/> before <see cref="StageNames.Infer"/>.</summary>
    public Adapter? Source { get; internal set; }

    /// <summary>The adapter as it is now: in the source's names until <see cref="StageNames.Fit"/>, then in the target's. A stage may replace it.</summary>
    public Adapter? Adapter { get; set; }

    /// <summary>The comparison of source and output, where <see cref="StageNames.RoundTrip"/> made one.</summary>
    public AdapterComparison? Comparison { get; internal set; }

    /// <summary>Whether the output is in place.</summary>
    public bool IsWritten { get; internal set; }

    internal Run Run { get; }

    internal IAdapterSource Files { get; }

    internal IAdapterSink? Sink { get; init; }

    internal ImmutableArray<IPipelineCheck> Checks { get; init; } = [];

    internal Dialect? Dialect { get; set; }

    internal AdapterContent? Content { get; set; }

    internal DialectReading? Reading { get; set; }

    /// <summary>The adapter as it came to <see cref="StageNames.Fit"/>.</summary>
    internal Adapter? Unfitted { get; set; }

    internal OutputFolder? Output { get; set; }

    /// <summary>Whether the adapter stays in its dialect.</summary>
    internal bool Stays => Dialect?.Id == Target.Dialect;

    internal int Modules => Adapter?.Modules.Length ?? Reading?.Modules ?? 0;

    internal int Tensors => Output?.Tensors.Length
        ?? Adapter?.Modules.Sum(module => module.Magnitude is null ? 2 : 3) + Adapter?.OtherTensors.Length
        ?? Content?.Weights.Tensors.Length ?? 0;

    /// <summary>Closes the source's files.</summary>
    public void Dispose() => Content?.Weights.Dispose();
}
