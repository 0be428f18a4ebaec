using System.Collections.Immutable;
using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Conversion;
using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Discovery;
using Transfuse.Conversion.Batch.Outputs;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources.Hub;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse repair</c>: makes adapter folders whole within their dialect.</summary>
internal sealed class RepairCommand : ICommand
{
    private readonly BatchInputs _inputs = new();
    private readonly OutputOptions _place = new();
    private readonly Option<bool> _inPlace = new("--in-place") { Description = "Replace the files that change where they are; originals stay as *.orig." };
    private readonly PipelineOptions _pipeline = new();
    private readonly BatchSettings _batch = new();
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
            _place.Output, _inPlace, _place.Overwrite, _place.Durable,
        };
        _inputs.AddTo(command);
        _pipeline.AddRepairTo(command);
        _batch.AddTo(command);
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(Run(result, console, cancellationToken)));
        return command;
    }

    private int Run(ParseResult result, CommandConsole console, CancellationToken cancellationToken)
    {
        string? output = result.GetValue(_place.Output);
        bool inPlace = result.GetValue(_inPlace);
        if (inPlace == output is not null && !(output is null && _pipeline.IsDryRun(result)))
        {
            throw new UsageException(inPlace ? "Give --output or --in-place, not both." : "Give --output DIR, or --in-place.");
        }

        DiscoveredInputs found = output is null ? _inputs.Find(result) : _inputs.FindWithOutputs(result, output);
        if (inPlace && found.Inputs.FirstOrDefault(input => HubId.IsId(input.Path)) is { } onHub)
        {
            throw new UsageException($"'{onHub.Path}' is on a hub, and its copy in the cache stays as it is; --output DIR takes the repaired one.");
        }

        BatchOutput folder = _place.Folders(result, output ?? ".", found, _batch);
        if (output is not null && found.Inputs.FirstOrDefault(input => IsOne(input.Path, folder.PathOf(input))) is { } same)
        {
            throw new UsageException($"--output is '{same.Path}' itself; --in-place repairs it where it is.");
        }

        var options = new Lazy<ConversionOptions>(() => _pipeline.Read(result));
        var plan = new BatchPlan("repair")
        {
            Reads = [_pipeline.BasePath(result)],
            Output = output,
            TakesAllFiles = true,
            IsInPlace = output is null,
            IsDry = _pipeline.IsDryRun(result),
        };
        return new BatchRunner(_report, _batch).Run(
            result, console, plan, found, task =>
                RunOne(task, output is null ? null : folder, options.Value, inPlace, result.GetValue(_place.Durable)), cancellationToken);
    }

    // However the two are written.
    private static bool IsOne(string input, string output) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(input)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(output))
        || (FileStatus.OfTarget(input).Identity is { } identity && identity == FileStatus.OfTarget(output).Identity);

    private static CommandOutcome RunOne(BatchTask task, BatchOutput? output, ConversionOptions options, bool inPlace, bool durable)
    {
        ImmutableArray<Finding> finished = inPlace && !options.DryRun ? FinishInterrupted(task.Input.Path) : [];
        BatchOutcome outcome = BatchWork.Repair(output, options, durable)(task);
        var repaired = (RepairResult)outcome.Detail!;
        var target = new OutputTarget(task.Input.Path, output?.PathOf(task.Input) ?? task.Input.Path);
        return new CommandOutcome
        {
            Input = target.Input,
            Findings = [.. outcome.Findings, .. finished],
            Succeeded = repaired.Succeeded,
            Action = repaired.Changes.IsEmpty ? "unchanged" : "repaired",
            Summary = RepairText.Render(target, repaired, options.DryRun),
            Members =
            [
                new("output", ReportJson.Text(repaired.IsWritten ? target.Output : null)),
                new("changes", new JsonSequence(repaired.Changes.Select(Describe))),
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
