using System.Collections.Immutable;
using System.Diagnostics;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Readers;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Enrich;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Stages.Infer;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Conversion.Stages.RemapKeys;
using Transfuse.Conversion.Stages.Transpose;
using Transfuse.Conversion.Stages.Write;
using Transfuse.Formats.Files;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Pipeline;

/// <summary>
/// Converts one adapter: a list of stages, Read, RemapKeys, Transpose, Infer, Fit, Enrich and Write, one after the other. An error finding at any of them ends
/// the run, and nothing is written. Immutable: each call gives a new pipeline.
/// </summary>
/// <example>
/// <code>
/// using var memory = new MemoryAdapterSink();
/// ConversionResult result = await AdapterPipeline
///     .From(source)
///     .To(TargetProfile.MlxLm)
///     .WithBase(BaseModel.FromFolder("models/llama"))
///     .WriteTo(memory)
///     .RunAsync(cancellationToken);
/// </code>
/// </example>
public sealed record AdapterPipeline
{
    private AdapterPipeline(IAdapterSource source) => Source = source;

    private IAdapterSource Source { get; }

    private TargetProfile? Profile { get; init; }

    private IAdapterSink? Sink { get; init; }

    private ConversionOptions Options { get; init; } = ConversionOptions.Default;

    private ImmutableArray<IPipelineStage> Stages { get; init; } =
        [new ReadStage(), new RemapKeysStage(), new TransposeStage(), new InferStage(), new FitStage(), new EnrichStage(), new RoundTripStage(),
            new WriteStage()];

    private string? Last { get; init; }

    private DialectRegistry Dialects { get; init; } = DialectRegistry.Default;

    private ReaderRegistry Readers { get; init; } = ReaderRegistry.Default;

    private ImmutableArray<IPipelineCheck> Checks { get; init; } = [];

    /// <summary>Converts in one call.</summary>
    /// <param name="source">The adapter's files; the caller keeps and disposes it.</param>
    /// <param name="target">The reader to write for.</param>
    /// <param name="sink">Where to write; the caller disposes it.</param>
    /// <param name="options">What the caller decides. Default: <see cref="ConversionOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written.</param>
    /// <exception cref="IOException">The operating system failed; nothing was written.</exception>
    public static Task<ConversionResult> ConvertAsync(
        IAdapterSource source, TargetProfile target, IAdapterSink sink, ConversionOptions? options = null, CancellationToken cancellationToken = default) =>
        From(source).To(target).WriteTo(sink).WithOptions(options ?? ConversionOptions.Default).RunAsync(cancellationToken);

    /// <summary>Starts with an adapter's files; the caller keeps and disposes the source.</summary>
    public static AdapterPipeline From(IAdapterSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new AdapterPipeline(source);
    }

    /// <summary>The reader to write for. Required.</summary>
    public AdapterPipeline To(TargetProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return this with { Profile = profile };
    }

    /// <summary>The base model; its config alone is enough for names and checks. Default: that of the options, which is none.</summary>
    public AdapterPipeline WithBase(BaseModel? baseModel) => this with { Options = Options with { Base = baseModel } };

    /// <summary>What the caller decides. A base that was given stays where the options have none. Default: <see cref="ConversionOptions.Default"/>.</summary>
    public AdapterPipeline WithOptions(ConversionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return this with { Options = options with { Base = options.Base ?? Options.Base } };
    }

    /// <summary>Where to write; the caller disposes the sink. Required unless the run is dry or stops before.</summary>
    public AdapterPipeline WriteTo(IAdapterSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        return this with { Sink = sink };
    }

    /// <summary>
    /// A look at the output before it is put in place, besides those given before; source and output are compared then, as
    /// <see cref="ConversionOptions.Verify"/> asks. Default: none.
    /// </summary>
    public AdapterPipeline WithCheck(IPipelineCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return this with { Checks = Checks.Add(check) };
    }

    /// <summary>Puts a stage of the caller's own behind another.</summary>
    /// <param name="stage">The stage; its name is that of no other.</param>
    /// <param name="after">The name of the other, one of <see cref="StageNames"/> or of a stage that was inserted.</param>
    /// <exception cref="ArgumentException">There is no such stage, or one of that name already.</exception>
    public AdapterPipeline Insert(IPipelineStage stage, string after)
    {
        ArgumentNullException.ThrowIfNull(stage);
        int index = Require(after, nameof(after));
        return Stages.All(known => known.Name != stage.Name)
            ? this with { Stages = Stages.Insert(index + 1, stage) }
            : throw new ArgumentException($"The pipeline has a stage '{stage.Name}' already.", nameof(stage));
    }

    /// <summary>Ends the run after a stage; before <see cref="StageNames.Write"/> nothing is written, and no sink is needed. Default: after the last.</summary>
    /// <param name="stage">Its name, one of <see cref="StageNames"/> or of a stage that was inserted.</param>
    /// <exception cref="ArgumentException">There is no such stage.</exception>
    public AdapterPipeline StopAfter(string stage) => this with { Last = Stages[Require(stage, nameof(stage))].Name };

    /// <summary>The dialects that are known. Default: all that there are.</summary>
    internal AdapterPipeline WithDialects(DialectRegistry dialects) => this with { Dialects = dialects };

    internal AdapterPipeline WithReaders(ReaderRegistry readers) => this with { Readers = readers };

    /// <summary>Runs the pipeline on a worker thread; the work itself is synchronous.</summary>
    public Task<ConversionResult> RunAsync(CancellationToken cancellationToken = default) => Task.Run(() => Run(cancellationToken), cancellationToken);

    /// <summary>Runs the pipeline.</summary>
    /// <exception cref="InvalidOperationException">No target, or no sink for a run that would write.</exception>
    /// <exception cref="IOException">The operating system failed; nothing was written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was written.</exception>
    public ConversionResult Run(CancellationToken cancellationToken = default)
    {
        TargetProfile profile = Profile ?? throw new InvalidOperationException("The pipeline has no target.");
        if (!Options.DryRun && Sink is null && Planned.Any(stage => stage.Name == StageNames.Write))
        {
            throw new InvalidOperationException("The pipeline has no sink.");
        }

        var log = new FindingLog(Options.Allowed);
        using var state = new PipelineState(
            Source, profile, new Run(Options, log, cancellationToken) { Dialects = Dialects, Readers = Readers }) { Sink = Sink, Checks = Checks };
        var reports = ImmutableArray.CreateBuilder<StageReport>();
        try
        {
            foreach (IPipelineStage stage in Planned)
            {
                cancellationToken.ThrowIfCancellationRequested();
                reports.Add(Run(stage, state));
                if (log.HasErrors)
                {
                    break;
                }
            }
        }
        catch (ContainerException broken)
        {
            // Values are read where they are needed: damage in them shows after the headers were found good.
            log.Add(DamagedFile.Describe(broken));
        }

        return new ConversionResult(log.ToSorted(), state.Source, log.HasErrors ? null : state.Adapter, state.IsWritten)
        {
            Comparison = log.HasErrors ? null : state.Comparison,
            Stages = reports.ToImmutable(),
        };
    }

    private static StageReport Run(IPipelineStage stage, PipelineState state)
    {
        int before = state.Log.Count;
        long start = Stopwatch.GetTimestamp();
        stage.Run(state);
        return new StageReport(stage.Name, Stopwatch.GetElapsedTime(start), state.Tensors, state.Modules, state.Log.Count - before);
    }

    // Source and output are compared only where somebody asks.
    private IEnumerable<IPipelineStage> Planned => Stages
        .Take(Last is null ? Stages.Length : PlaceOf(Last) + 1)
        .Where(stage => stage.Name != StageNames.RoundTrip || Options.Verify || !Checks.IsEmpty);

    private int PlaceOf(string stage) => Stages.TakeWhile(known => known.Name != stage).Count();

    private int Require(string stage, string parameter) => PlaceOf(stage) is var place && place < Stages.Length
        ? place
        : throw new ArgumentException($"The pipeline has no stage '{stage}'; it has {string.Join(", ", Stages.Select(known => known.Name))}.", parameter);
}
