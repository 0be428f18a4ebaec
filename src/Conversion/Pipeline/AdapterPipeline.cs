using System.Collections.Immutable;
using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Readers;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Files;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Pipeline;

/// <summary>
/// Converts one adapter: Read, Fit, Write. An error finding at any stage means that nothing is written.
/// Immutable: each call gives a new pipeline.
/// </summary>
public sealed record AdapterPipeline
{
    private AdapterPipeline(IAdapterSource source) => Source = source;

    private IAdapterSource Source { get; }

    private TargetProfile? Profile { get; init; }

    private IAdapterSink? Sink { get; init; }

    private ConversionOptions Options { get; init; } = ConversionOptions.Default;

    private DialectRegistry Dialects { get; init; } = DialectRegistry.Default;

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

    /// <summary>Where to write; the caller disposes the sink. Required unless the run is dry.</summary>
    public AdapterPipeline WriteTo(IAdapterSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        return this with { Sink = sink };
    }

    /// <summary>A look at the output before it is put in place, besides those given before; source and output are compared then, as <see cref="ConversionOptions.Verify"/> asks. Default: none.</summary>
    public AdapterPipeline WithCheck(IPipelineCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return this with { Checks = Checks.Add(check) };
    }

    /// <summary>The dialects that are known. Default: all that there are.</summary>
    internal AdapterPipeline WithDialects(DialectRegistry dialects) => this with { Dialects = dialects };

    /// <summary>Runs the pipeline on a worker thread; the work itself is synchronous.</summary>
    public Task<ConversionResult> RunAsync(CancellationToken cancellationToken = default) => Task.Run(() => Run(cancellationToken), cancellationToken);

    /// <summary>Runs the pipeline.</summary>
    /// <exception cref="InvalidOperationException">No target, or no sink for a run that is not dry.</exception>
    /// <exception cref="IOException">The operating system failed; nothing was written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was written.</exception>
    public ConversionResult Run(CancellationToken cancellationToken = default)
    {
        TargetProfile profile = Profile ?? throw new InvalidOperationException("The pipeline has no target.");
        if (!Options.DryRun && Sink is null)
        {
            throw new InvalidOperationException("The pipeline has no sink.");
        }

        var log = new FindingLog(Options.Allowed);
        try
        {
            return Run(profile, new Run(Options, log, cancellationToken) { Dialects = Dialects });
        }
        catch (ContainerException broken)
        {
            // Values are read where they are needed: damage in them shows after the headers were found good.
            log.Add(DamagedFile.Describe(broken));
            return Refused(log, null);
        }
    }

    private ConversionResult Run(TargetProfile profile, Run run)
    {
        FindingLog log = run.Log;
        using ReadResult? read = ReadAdapter.ToConvert(Source, profile.Dialect, run);
        if (read is null || log.HasErrors)
        {
            return Refused(log, read?.Adapter);
        }

        Adapter? fitted = FitTarget.Apply(read, profile, run);
        if (fitted is null || log.HasErrors)
        {
            return Refused(log, read.Adapter);
        }

        OutputFolder output = run.Dialects.Of(profile.Dialect).Write(fitted, WriteContextOf(read, fitted, profile, run), log);
        SideWeights.Report(read.Content, isCopied: false, run);
        LayerHoles.Report(read.Adapter, read.Dialect.Reach(read.Adapter.SourceConfig), run);
        if (!log.HasErrors)
        {
            WrittenCheck.Run(output, profile, run);
        }

        AdapterComparison? comparison = (Options.Verify || !Checks.IsEmpty) && !log.HasErrors ? RoundTrip.Check(read, profile, output, Checks, run) : null;

        if (log.HasErrors)
        {
            return Refused(log, read.Adapter);
        }

        if (!Options.DryRun && !WriteFolder.Write(UnchangedWeights.Copy(output, read.Content), read.Content, Sink!, read, run))
        {
            return Refused(log, read.Adapter);
        }

        return new ConversionResult(log.ToSorted(), read.Adapter, fitted, !Options.DryRun) { Comparison = comparison };
    }

    /// <summary>What a writer needs to know. Where mlx-swift-lm's keys start below a module of the layer, the config has them there too.</summary>
    internal static WriteContext WriteContextOf(ReadResult read, Adapter fitted, TargetProfile target, Run run)
    {
        string? keysBelow = run.NamedArchitecture is { } architecture ? ReaderGroup.Of(target).KeysBelow(architecture) : null;
        return new WriteContext(target, run.BaseLayers ?? fitted.LayerCount, keysBelow, read.Dialect.Id == target.Dialect);
    }

    private static ConversionResult Refused(FindingLog log, Adapter? source) => new(log.ToSorted(), source, null, false);
}
