using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse inspect</c>: says what an adapter is.</summary>
internal sealed class InspectCommand : ICommand
{
    private readonly Argument<string[]> _paths = CommonOptions.Paths();
    private readonly Option<string> _base = CommonOptions.Base();
    private readonly Option<string> _modelType = CommonOptions.ModelType();
    private readonly Option<string> _adapterName = CommonOptions.AdapterName();
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
            _paths, _base, _modelType, _adapterName,
        };
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(
            _report.RunAll(
                result, console, "inspect", InputPaths.Inputs(result.GetRequiredValue(_paths)), [result.GetValue(_base)],
                input => RunOne(result, input, cancellationToken), cancellationToken)));
        return command;
    }

    private CommandOutcome RunOne(ParseResult result, string input, CancellationToken cancellationToken)
    {
        using IAdapterSource source = AdapterSource.Open(input);
        var options = new InspectionOptions
        {
            Base = BaseModels.Open(result.GetValue(_base)),
            ModelType = result.GetValue(_modelType),
            AdapterName = result.GetValue(_adapterName),
        };
        Inspection inspection = AdapterInspector.Inspect(source, options, cancellationToken);
        return new CommandOutcome
        {
            Input = input,
            Findings = inspection.Findings,
            Succeeded = inspection.Adapter is not null,
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
        new("architecture", ReportJson.Text(inspection.Architecture?.ModelType)),
        new("parameters", JsonNumber.Of(adapter.ParameterCount)),
        new("modules", ReportJson.Modules(adapter)),
        new("other_tensors", new JsonArray([.. adapter.OtherTensors.Select(tensor => new JsonString(tensor.SourceName))])),
    ];
}
