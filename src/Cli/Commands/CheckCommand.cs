using System.Collections.Immutable;
using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Targets;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse check</c>: says whether a reader would load an adapter, and as intended.</summary>
internal sealed class CheckCommand : ICommand
{
    private readonly Argument<string[]> _paths = CommonOptions.Paths();
    private readonly Option<ImmutableArray<TargetProfile>> _for = CommonOptions.Readers();
    private readonly Option<string> _base = CommonOptions.Base();
    private readonly Option<string> _modelType = CommonOptions.ModelType();
    private readonly Option<string> _adapterName = CommonOptions.AdapterName();
    private readonly Option<int?> _maxLoraRank = CommonOptions.MaxLoraRank();
    private readonly Option<bool> _values = new("--values") { Description = "Read the values of the tensors too: find factors that are all zero, and NaN." };
    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse check adapters/llama --for mlx-lm",
        "transfuse check adapters/llama --for mlx-lm,mlx-swift --base models/llama",
        "transfuse check 'runs/**/adapter_config.json' --for vllm --max-lora-rank 64 --json",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command(
            "check",
            "Says whether a reader would load an adapter, and as intended: it loads, loads wrongly, or fails, in that reader's terms. Reads configs, names "
            + "and shapes, and values with --values. Changes nothing.")
        {
            _paths, _for, _base, _modelType, _adapterName, _maxLoraRank, _values,
        };
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(
            _report.RunAll(
                result, console, "check", InputPaths.Inputs(result.GetRequiredValue(_paths)), [result.GetValue(_base)],
                input => RunOne(result, input, cancellationToken), cancellationToken)));
        return command;
    }

    private CommandOutcome RunOne(ParseResult result, string input, CancellationToken cancellationToken)
    {
        var options = new CheckOptions
        {
            Base = BaseModels.Open(result.GetValue(_base)),
            ModelType = result.GetValue(_modelType),
            AdapterName = result.GetValue(_adapterName),
            MaxLoraRank = result.GetValue(_maxLoraRank),
            LooksAtValues = result.GetValue(_values),
        };
        using IAdapterSource source = AdapterSource.Open(input);
        ImmutableArray<CheckResult> checks = AdapterChecker.CheckAll(source, result.GetRequiredValue(_for), options, cancellationToken);
        return new CommandOutcome
        {
            Input = input,
            Findings = [.. checks.SelectMany(check => check.Findings).Distinct().OrderByDescending(finding => finding.Severity)],
            Succeeded = checks.All(check => check.Verdict == CheckVerdict.Loads),
            Summary = CheckText.Render(input, checks),
            Members =
            [
                new("verdict", ReportJson.Verdict(checks.Max(check => check.Verdict))),
                new("readers", new JsonArray([.. checks.Select(Describe)])),
            ],
        };
    }

    private static JsonObject Describe(CheckResult check) => new(
    [
        new("reader", new JsonString(check.Reader)),
        new("verdict", ReportJson.Verdict(check.Verdict)),
    ]);
}
