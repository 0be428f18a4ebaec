using System.CommandLine;
using Transfuse.Apply.RoundTrip;
using Transfuse.Cli.Output;
using Transfuse.Conversion;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Targets;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse convert</c>: writes an adapter for another program.</summary>
internal sealed class ConvertCommand : ICommand
{
    private readonly Argument<string[]> _paths = CommonOptions.Paths();
    private readonly Option<TargetProfile> _to = CommonOptions.Target("--to", "The program to write for", writable: true);
    private readonly Option<string> _output = CommonOptions.Output();
    private readonly PipelineOptions _pipeline = new();
    private readonly Option<bool> _overwrite = CommonOptions.Overwrite();
    private readonly Option<bool> _durable = CommonOptions.Durable();
    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse convert adapters/llama-peft --to mlx-lm --output adapters/llama-mlx",
        "transfuse convert adapters/llama-mlx --to peft --base models/llama --output adapters/llama-peft",
        "transfuse convert 'runs/**/adapter_config.json' --to mlx-lm,mlx-swift --output converted",
    ];

    public Command Build(CommandConsole console)
    {
        _output.Required = true;
        var command = new Command("convert", "Writes adapters for another program. Transposes, stacks and splits are bit-exact; what cannot be converted exactly is refused, or rounded and named.")
        {
            _paths, _to, _output, _overwrite, _durable,
        };
        _pipeline.AddTo(command);
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(Run(result, console, cancellationToken)));
        return command;
    }

    private int Run(ParseResult result, CommandConsole console, CancellationToken cancellationToken)
    {
        IReadOnlyList<OutputTarget> targets = InputPaths.WithOutputs(result.GetRequiredValue(_paths), result.GetRequiredValue(_output));
        return _report.RunAll(
            result, console, "convert", targets, [_pipeline.BasePath(result)], target => RunOne(result, console, target, Others(targets, target), cancellationToken), cancellationToken);
    }

    private static string[] Others(IReadOnlyList<OutputTarget> targets, OutputTarget target) => [.. targets.Where(other => other != target).Select(other => other.Input)];

    private CommandOutcome RunOne(ParseResult result, CommandConsole console, OutputTarget target, string[] others, CancellationToken cancellationToken)
    {
        TargetProfile profile = result.GetRequiredValue(_to);
        ConversionOptions options = _pipeline.Read(result);
        using ComparisonProgressLine? progress = ComparisonProgressLine.For(console, _report.IsQuiet(result));
        options = options with { Comparison = options.Comparison with { NormsOfEqual = _report.IsVerbose(result), Progress = progress } };
        using IAdapterSource source = AdapterSource.Open(target.Input);
        using IAdapterSink sink = AdapterSink.Folder(target.Output, new AtomicFolderOptions { Overwrite = result.GetValue(_overwrite), Durable = result.GetValue(_durable), Inputs = others });
        LogitsCheck? logits = _pipeline.LogitsCheckOf(result, options, layers => new LayerProgress(_report.IsQuiet(result) ? TextWriter.Null : console.Error, layers));
        AdapterPipeline pipeline = AdapterPipeline.From(source).To(profile).WithOptions(options).WriteTo(sink);
        ConversionResult conversion = (logits is null ? pipeline : pipeline.WithCheck(logits)).Run(cancellationToken);
        return new CommandOutcome
        {
            Input = target.Input,
            Findings = conversion.Findings,
            Succeeded = conversion.Succeeded,
            Summary = (_report.IsVerbose(result) ? StagesText.Render(conversion.Stages) : string.Empty)
                + Summarise(target, profile, conversion, options.DType, logits, _report.IsVerbose(result)),
            Members =
            [
                new("output", ReportJson.Text(conversion.IsWritten ? target.Output : null)),
                new("target", new JsonString(profile.Name)),
                new("modules", conversion.Target is null ? new JsonArray([]) : ReportJson.Modules(conversion.Target)),
                new("stages", ReportJson.Stages(conversion.Stages)),
                .. logits is null ? Array.Empty<KeyValuePair<string, JsonValue>>() : [new("logits", logits.Comparison is { } found ? LogitsText.Describe(found, logits.Allowed) : JsonNull.Instance)],
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
        string proof = conversion.Comparison is { } comparison ? ComparisonText.Render(comparison, AdapterComparison.RoundingTo(dtype), ("the source", "the output"), verbose) + Environment.NewLine : string.Empty;
        proof += logits?.Comparison is { } found ? LogitsText.Render(found, isPair: true, logits.Allowed) + Environment.NewLine : string.Empty;
        return proof + (conversion.IsWritten ? $"{PrintableText.OneLine(target.Output)}: {what}, for {profile.Name}" : $"{PrintableText.OneLine(target.Input)}: {what}, would be written for {profile.Name}");
    }
}
