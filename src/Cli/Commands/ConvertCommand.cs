using System.CommandLine;
using Transfuse.Apply.RoundTrip;
using Transfuse.Cli.Output;
using Transfuse.Conversion;
using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Discovery;
using Transfuse.Conversion.Batch.Outputs;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Targets;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse convert</c>: writes an adapter for another program.</summary>
internal sealed class ConvertCommand : ICommand
{
    private readonly BatchInputs _inputs = new();
    private readonly Option<TargetProfile> _to = CommonOptions.Target("--to", "The program to write for", writable: true);
    private readonly OutputOptions _place = new();
    private readonly PipelineOptions _pipeline = new();
    private readonly BatchSettings _batch = new();
    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse convert adapters/llama --to mlx-lm --output adapters/llama-mlx",
        "transfuse convert adapters/llama-mlx --to peft --base models/llama --output adapters/back",
        "transfuse convert 'runs/**/adapter_config.json' --to mlx-lm,mlx-swift --output converted",
    ];

    public Command Build(CommandConsole console)
    {
        _place.Output.Required = true;
        var command =
            new Command("convert",
            "Writes adapters for another program. Transposes, stacks and splits are bit-exact; what cannot be converted exactly is refused, or rounded and "
            + "named.")
        {
            _to, _place.Output, _place.Overwrite, _place.Durable,
        };
        _inputs.AddTo(command);
        _pipeline.AddTo(command);
        _batch.AddTo(command);
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(Run(result, console, cancellationToken)));
        return command;
    }

    private int Run(ParseResult result, CommandConsole console, CancellationToken cancellationToken)
    {
        string folder = result.GetRequiredValue(_place.Output);
        DiscoveredInputs found = _inputs.FindWithOutputs(result, folder);
        BatchOutput output = _place.Folders(result, folder, found, _batch);
        var options = new Lazy<ConversionOptions>(() => _pipeline.Read(result));
        var plan = new BatchPlan("convert") { Reads = [_pipeline.BasePath(result)], Output = folder, IsDry = _pipeline.IsDryRun(result) };
        return new BatchRunner(_report, _batch).Run(
            result, console, plan, found, task => RunOne(result, console, task, output, options.Value, found.IsSingle), cancellationToken);
    }

    private CommandOutcome RunOne(ParseResult result, CommandConsole console, BatchTask task, BatchOutput output, ConversionOptions options, bool isSingle)
    {
        TargetProfile profile = result.GetRequiredValue(_to);
        using ComparisonProgressLine? progress = isSingle ? ComparisonProgressLine.For(console, _report.IsQuiet(result)) : null;
        options = options with
        {
            MaxDegreeOfParallelism = task.Workers,
            Comparison = options.Comparison with { NormsOfEqual = _report.IsVerbose(result), Progress = progress },
        };
        TextWriter layers = _report.IsQuiet(result) || !isSingle ? TextWriter.Null : console.Error;
        LogitsCheck? logits = _pipeline.LogitsCheckOf(result, options, count => new LayerProgress(layers, count));
        BatchOutcome outcome = BatchWork.Convert(profile, output, options, pipeline => logits is null ? pipeline : pipeline.WithCheck(logits))(task);
        var conversion = (ConversionResult)outcome.Detail!;
        var target = new OutputTarget(task.Input.Path, output.PathOf(task.Input));
        return new CommandOutcome
        {
            Input = target.Input,
            Findings = outcome.Findings,
            Succeeded = conversion.Succeeded,
            Action = "converted",
            Summary = (_report.IsVerbose(result) ? StagesText.Render(conversion.Stages) : string.Empty)
                + Summarise(target, profile, conversion, options.DType, logits, _report.IsVerbose(result)),
            Members =
            [
                new("output", ReportJson.Text(conversion.IsWritten ? target.Output : null)),
                new("target", new JsonString(profile.Name)),
                new("modules", conversion.Target is null ? new JsonArray([]) : ReportJson.Modules(conversion.Target)),
                new("stages", ReportJson.Stages(conversion.Stages)),
                .. logits is null ? Array.Empty<KeyValuePair<string, JsonValue>>()
                    : [new("logits", logits.Comparison is { } found ? LogitsText.Describe(found, logits.Allowed) : JsonNull.Instance)],
            ],
        };
    }

    private static string Summarise(OutputTarget target, TargetProfile profile, ConversionResult conversion, DType? dtype, LogitsCheck? logits, bool verbose)
    {
        if (!conversion.Succeeded)
        {
            return $"{PrintableText.OneLine(target.Input)}: not converted";
        }

        string what = conversion.Target!.Summary();
        string proof = conversion.Comparison is { } comparison ? ComparisonText.Render(
            comparison, AdapterComparison.RoundingTo(dtype), ("the source", "the output"), verbose) + Environment.NewLine : string.Empty;
        proof += logits?.Comparison is { } found ? LogitsText.Render(found, isPair: true, logits.Allowed) + Environment.NewLine : string.Empty;
        return proof + (conversion.IsWritten ? $"{PrintableText.OneLine(target.Output)}: {what}, for {profile.Name}"
            : $"{PrintableText.OneLine(target.Input)}: {what}, would be written for {profile.Name}");
    }
}
