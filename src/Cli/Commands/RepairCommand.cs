using System.Collections.Immutable;
using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Conversion;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse repair</c>: makes adapter folders whole within their dialect.</summary>
internal sealed class RepairCommand : ICommand
{
    private readonly Argument<string[]> _paths = CommonOptions.Paths();
    private readonly Option<string> _output = CommonOptions.Output();
    private readonly Option<bool> _inPlace = new("--in-place") { Description = "Replace the files that change where they are; originals stay as *.orig." };
    private readonly PipelineOptions _pipeline = new();
    private readonly Option<bool> _overwrite = CommonOptions.Overwrite();
    private readonly Option<bool> _durable = CommonOptions.Durable();
    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse repair adapters/old-mlx --output adapters/whole",
        "transfuse repair adapters/old-mlx --in-place --dry-run",
        "transfuse repair adapters/2024 --producer mlx-lm@0.14.1 --output adapters/whole",
        "transfuse repair 'runs/**/adapter_config.json' --in-place",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command(
            "repair",
            "Makes adapter folders whole: rank, scale, dropout, layers, keys and targets say what the tensors are, and tensors have the form that current "
            + "programs load. "
+ "Says each change and why; where only you can know, it asks for an option. Unknown fields and the files beside the adapter are kept; sub-folders are left "
+ "where they are.")
        {
            _paths, _output, _inPlace, _overwrite, _durable,
        };
        _pipeline.AddRepairTo(command);
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(Run(result, console, cancellationToken)));
        return command;
    }

    private int Run(ParseResult result, CommandConsole console, CancellationToken cancellationToken)
    {
        string? output = result.GetValue(_output);
        bool inPlace = result.GetValue(_inPlace);
        if (inPlace == output is not null && !(output is null && _pipeline.IsDryRun(result)))
        {
            throw new UsageException(inPlace ? "Give --output or --in-place, not both." : "Give --output DIR, or --in-place.");
        }

        string[] paths = result.GetRequiredValue(_paths);
        IReadOnlyList<OutputTarget> targets = output is null
            ? [.. InputPaths.Inputs(paths).Select(input => new OutputTarget(input, input))]
            : InputPaths.WithOutputs(paths, output);
        OutputTarget same = targets.FirstOrDefault(target => output is not null && IsOne(target.Input, target.Output));
        return same.Input is null
? _report.RunAll(
    result, console, "repair", targets, [_pipeline.BasePath(result)], target => RunOne(result, target, targets, inPlace, cancellationToken), cancellationToken)
            : throw new UsageException($"--output is '{same.Input}' itself; --in-place repairs it where it is.");
    }

    // However the two are written.
    private static bool IsOne(string input, string output) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(input)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(output))
        || (FileStatus.OfTarget(input).Identity is { } identity && identity == FileStatus.OfTarget(output).Identity);

    private CommandOutcome RunOne(
        ParseResult result, OutputTarget target, IReadOnlyList<OutputTarget> targets, bool inPlace, CancellationToken cancellationToken)
    {
        ConversionOptions options = _pipeline.Read(result);
        bool durable = result.GetValue(_durable);
        ImmutableArray<Finding> finished = inPlace && !options.DryRun ? FinishInterrupted(target.Input) : [];
        using IAdapterSource source = AdapterSource.Open(target.Input);
        string[] others = [.. targets.Where(other => other != target).Select(other => other.Input)];
        using IAdapterSink sink = AdapterSink.Folder(
            target.Output, new AtomicFolderOptions { Overwrite = result.GetValue(_overwrite), Durable = durable, Inputs = others });
        AdapterRepair repair = AdapterRepair.Of(source).WithOptions(options);
        RepairResult repaired = (inPlace ? repair.InPlace(durable) : repair.WriteTo(sink)).Run(cancellationToken);
        return new CommandOutcome
        {
            Input = target.Input,
            Findings = [.. repaired.Findings, .. finished],
            Succeeded = repaired.Succeeded,
            Summary = RepairText.Render(target, repaired, options.DryRun),
            Members =
            [
                new("output", ReportJson.Text(repaired.IsWritten ? target.Output : null)),
                new("changes", new JsonArray([.. repaired.Changes.Select(Describe)])),
                new("diff", JsonArray.Of(repaired.ConfigDiff)),
                new("modules", repaired.Adapter is null ? new JsonArray([]) : ReportJson.Modules(repaired.Adapter)),
            ],
        };
    }

    // The file that was named may be away: an interrupted repair had moved it.
    private static ImmutableArray<Finding> FinishInterrupted(string input) =>
        !Path.Exists(input) && Path.GetDirectoryName(Path.GetFullPath(input)) is { } folder && FolderEdit.IsUnfinished(folder)
            ? [.. FolderEdit.Recover(folder).Select(Recoveries.Describe)]
            : [];

    private static JsonObject Describe(RepairChange change) => new(
    [
        new("subject", new JsonString(change.Subject)),
        new("before", ReportJson.Text(change.Before)),
        new("after", ReportJson.Text(change.After)),
        new("reason", new JsonString(change.Reason)),
    ]);
}
