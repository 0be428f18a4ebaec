using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Repair.Editing;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Enrich;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Conversion.Stages.Write;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Repair;

/// <summary>
/// Makes an adapter folder whole within its dialect: the config says what the tensors are, and the tensors have the form that current readers take.
/// Tensors that need no change are not touched; fields and files that are not known are kept. An error finding means that nothing is written. Immutable: each
/// call gives a new repair.
/// </summary>
/// <example>
/// <code>
/// RepairResult result = await AdapterRepair.Of(source).WithBase(baseModel).WriteTo(sink).RunAsync();
/// foreach (RepairChange change in result.Changes)
/// {
///     Console.WriteLine($"{change.Subject}: {change.Before} -&gt; {change.After}: {change.Reason}");
/// }
/// </code>
/// </example>
public sealed record AdapterRepair
{
    private static readonly RepairChange WithoutMark =
        new(AdapterFiles.Config, "begins with a byte order mark", null, "Python's json refuses it, and with it every reader but mlx-swift-lm");

    private AdapterRepair(IAdapterSource source) => Source = source;

    private IAdapterSource Source { get; }

    private ConversionOptions Options { get; init; } = ConversionOptions.Default;

    private IAdapterSink? Sink { get; init; }

    private DialectRegistry Dialects { get; init; } = DialectRegistry.Default;

    private bool IsInPlace { get; init; }

    private bool IsDurable { get; init; }

    /// <summary>Repairs in one call.</summary>
    /// <param name="source">The adapter's files; the caller keeps and disposes it.</param>
    /// <param name="sink">Where to write; the caller disposes it.</param>
    /// <param name="options">What the caller decides. Default: <see cref="ConversionOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static Task<RepairResult> RepairAsync(
        IAdapterSource source, IAdapterSink sink, ConversionOptions? options = null, CancellationToken cancellationToken = default) =>
        Of(source).WriteTo(sink).WithOptions(options ?? ConversionOptions.Default).RunAsync(cancellationToken);

    /// <summary>Starts with an adapter's files; the caller keeps and disposes the source.</summary>
    public static AdapterRepair Of(IAdapterSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new AdapterRepair(source);
    }

    /// <summary>The base model, which makes the repair surer; its config alone is enough. Default: that of the options, which is none.</summary>
    public AdapterRepair WithBase(BaseModel? baseModel) => this with { Options = Options with { Base = baseModel } };

    /// <summary>
    /// What the caller decides; of it the base, scale, dropout, producer, adapter name, model type, what is allowed, and whether the run is dry matter.
    /// A base that was given stays where the options have none.
    /// </summary>
    public AdapterRepair WithOptions(ConversionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return this with { Options = options with { Base = options.Base ?? Options.Base } };
    }

    internal AdapterRepair WithDialects(DialectRegistry dialects) => this with { Dialects = dialects };

    /// <summary>A new place to write everything to, files beside the adapter included; the caller disposes the sink.</summary>
    public AdapterRepair WriteTo(IAdapterSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        return this with { Sink = sink, IsInPlace = false };
    }

    /// <summary>Replaces the files that change where they are; originals stay as <c>*.orig</c>. Only for sources that are folders.</summary>
    /// <param name="durable">Whether to return only when files have reached the disk.</param>
    public AdapterRepair InPlace(bool durable = false) => this with { Sink = null, IsInPlace = true, IsDurable = durable };

    /// <summary>Runs the repair on a worker thread; the work itself is synchronous.</summary>
    public Task<RepairResult> RunAsync(CancellationToken cancellationToken = default) => Task.Run(() => Run(cancellationToken), cancellationToken);

    /// <summary>Runs the repair.</summary>
    /// <exception cref="InvalidOperationException">No place to write to for a run that is not dry, or a repair in place of what is no folder.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was written.</exception>
    public RepairResult Run(CancellationToken cancellationToken = default)
    {
        if (!Options.DryRun && Sink is null && !IsInPlace)
        {
            throw new InvalidOperationException("The repair has no place to write to.");
        }

        var log = new FindingLog(Options.Allowed);
        var run = new Run(Options, log, cancellationToken) { Dialects = Dialects };
        FinishInterrupted(log);
        if (OpenAdapter.Open(Source, run) is not { } content)
        {
            return Refused(log, null);
        }

        using (content.Weights)
        {
            if (IsInPlace && content.Source is not FolderAdapterSource)
            {
                throw new InvalidOperationException("Only a folder can be repaired in place.");
            }

            if (run.Dialects.Detect(content, log) is not var (dialect, own))
            {
                return Refused(log, null);
            }

            try
            {
                return Run(own, dialect, run);
            }
            catch (ContainerException broken)
            {
                log.Add(DamagedFile.Describe(broken));
                return Refused(log, dialect.Id);
            }
        }
    }

    // What an interrupted repair left is finished before the folder is read: until then some of its files are away.
    private void FinishInterrupted(FindingLog log)
    {
        if (!IsInPlace || Options.DryRun || Source is not FolderAdapterSource folder)
        {
            return;
        }

        string[] folders = [folder.Folder, .. folder.FoldersInWork];
        foreach (FolderRecovery recovery in folders.SelectMany(FolderEdit.Recover))
        {
            log.Add(Recoveries.Describe(recovery));
        }

        folder.Refresh();
    }

    private RepairResult Run(AdapterContent content, Dialect dialect, Run run)
    {
        RepairPlan? plan = RepairPlan.Of(content, dialect, run);
        if (plan is null)
        {
            return Refused(run.Log, dialect.Id);
        }

        ConfigLayout layout = ReadLayout(content, dialect);
        SideWeights.Report(content, isCopied: true, run);
        LayerHoles.Report(plan.Adapter, dialect.Reach(content.Config ?? JsonObject.Empty), run);
        WrittenCheck.Run(RepairOutput.Of(content, plan.Folder, layout, isComplete: true).Value, plan.Reader, run);
        if (run.Log.HasErrors)
        {
            return Refused(run.Log, dialect.Id);
        }

        string[] before = layout.Lines(content.Config);
        ImmutableArray<string> diff = LineDiff.Unified(AdapterFiles.Config, before, layout.Lines(plan.Folder.Config));
        bool isWritten = !Options.DryRun && Write(content, dialect, plan.Folder, layout, run);
        return new RepairResult
        {
            Findings = run.Log.ToSorted(),
            Dialect = dialect.Id,
            Adapter = plan.Adapter,
            Changes = content.HasByteOrderMark ? [WithoutMark, .. plan.Folder.Changes] : plan.Folder.Changes,
            ConfigDiff = diff,
            IsWritten = isWritten,
        };
    }

    private bool Write(AdapterContent content, Dialect dialect, MendedFolder mended, ConfigLayout layout, Run run)
    {
        OutputFolder output = RepairOutput.Of(content, mended, layout, isComplete: !IsInPlace).Into(run.Log);
        if (!IsInPlace)
        {
            return WriteFolder.Write(output, dialect, content, Sink!, content.Weights, run);
        }

        if (output is { ConfigText.IsEmpty: true, HasNewWeights: false, Copies: [] })
        {
            return false;
        }

        bool isReplaced = output.HasNewWeights || !output.Copies.IsEmpty;
        using var sink = new InPlaceAdapterSink(((FolderAdapterSource)content.Source).Folder, IsDurable)
        {
            Superseded = isReplaced && SideFiles.IsReplaced(content.WeightsFile, content) && content.WeightsFile != output.WeightsFile ? [content.WeightsFile]
                : [],
        };
        return WriteFolder.Write(output, dialect, content, sink, content.Weights, run);
    }

    private static ConfigLayout ReadLayout(AdapterContent content, Dialect dialect)
    {
        int otherwise = dialect.ConfigStyle.Indent;
        if (content.Config is null)
        {
            return ConfigLayout.Of([], otherwise);
        }

        using IByteSource file = content.Source.Open(AdapterFiles.Config);
        byte[] text = new byte[file.Length];
        file.Read(0, text);
        return ConfigLayout.Of(text, otherwise);
    }

    private static RepairResult Refused(FindingLog log, AdapterDialect? dialect) => new() { Findings = log.ToSorted(), Dialect = dialect };
}
