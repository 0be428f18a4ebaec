using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Pipeline;
using Transfuse.Formats.Json;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse inspect</c>: says what an adapter is.</summary>
internal sealed class InspectCommand : ICommand
{
    private readonly BatchInputs _inputs = new();
    private readonly Option<string> _base = CommonOptions.Base();
    private readonly Option<string> _modelType = CommonOptions.ModelType();
    private readonly Option<string> _adapterName = CommonOptions.AdapterName();
    private readonly BatchSettings _batch = new();
    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse inspect adapters/llama",
        "transfuse inspect adapters/llama --base models/llama --verbose",
        "transfuse inspect 'runs/**/adapter_config.json' --json",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command(
            "inspect", "Says what an adapter is: its dialect, modules, ranks and scales, and what is odd about it. Reads headers, not values.")
        {
            _base, _modelType, _adapterName,
        };
        _inputs.AddTo(command);
        _batch.AddTo(command);
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(Run(result, console, cancellationToken)));
        return command;
    }

    private int Run(ParseResult result, CommandConsole console, CancellationToken cancellationToken)
    {
        var work = new Lazy<Func<BatchTask, BatchOutcome>>(() => BatchWork.Inspect(Read(result)));
        return new BatchRunner(_report, _batch).Run(
            result, console, new BatchPlan("inspect") { Reads = [result.GetValue(_base)] }, _inputs.Find(result), task =>
                Tell(result, work.Value(task)), cancellationToken);
    }

    private InspectionOptions Read(ParseResult result) => new()
    {
        Base = BaseModels.Open(result.GetValue(_base)),
        ModelType = result.GetValue(_modelType),
        AdapterName = result.GetValue(_adapterName),
    };

    private CommandOutcome Tell(ParseResult result, BatchOutcome outcome)
    {
        var inspection = (Inspection)outcome.Detail!;
        string input = outcome.Input.Path;
        return new CommandOutcome
        {
            Input = input,
            Findings = outcome.Findings,
            Succeeded = inspection.Adapter is not null,
            Action = "inspected",
            Summary = inspection.Adapter is null
                ? $"{PrintableText.OneLine(input)}: not an adapter that can be read"
                : InspectionText.Render(inspection, _report.IsVerbose(result)),
            Members = inspection.Adapter is null || !_report.WantsJson(result) ? [] : [.. Describe(inspection, inspection.Adapter)],
        };
    }

    private static IEnumerable<KeyValuePair<string, JsonValue>> Describe(Inspection inspection, Adapter adapter) =>
    [
        new("dialect", new JsonString(inspection.Dialect!.Name.ToLowerInvariant())),
        new("method", new JsonString(adapter.Method)),
        new("writer", ReportJson.Text(adapter.WriterVersion)),
        new("base", ReportJson.Text(adapter.Base?.Id)),
        new("architecture", ReportJson.Text(inspection.ModelType)),
        new("parameters", JsonNumber.Of(adapter.ParameterCount)),
        new("modules", ReportJson.Modules(adapter)),
        new("other_tensors", new JsonArray([.. adapter.OtherTensors.Select(tensor => new JsonString(tensor.SourceName))])),
    ];
}
