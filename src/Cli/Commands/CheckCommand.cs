using System.Collections.Immutable;
using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Checking;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Targets;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse check</c>: says whether a reader would load an adapter, and as intended.</summary>
internal sealed class CheckCommand : ICommand
{
    private readonly BatchInputs _inputs = new();
    private readonly Option<ImmutableArray<TargetProfile>> _for = CommonOptions.Readers();
    private readonly Option<string> _base = CommonOptions.Base();
    private readonly Option<string> _modelType = CommonOptions.ModelType();
    private readonly Option<string> _adapterName = CommonOptions.AdapterName();
    private readonly Option<int?> _maxLoraRank = CommonOptions.MaxLoraRank();
    private readonly Option<bool> _values = new("--values") { Description = "Read the values of the tensors too: find factors that are all zero, and NaN." };
    private readonly BatchSettings _batch = new();
    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse check adapters/llama-mlx --for mlx-lm",
        "transfuse check adapters/llama-mlx --for mlx-lm,mlx-swift --base models/llama",
        "transfuse check 'runs/**/adapter_config.json' --for vllm --max-lora-rank 64 --json",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command(
            "check",
            "Says whether a reader would load an adapter, and as intended: it loads, loads wrongly, or fails, in that reader's terms. Reads configs, names "
            + "and shapes, and values with --values. Changes nothing.")
        {
            _for, _base, _modelType, _adapterName, _maxLoraRank, _values,
        };
        _inputs.AddTo(command);
        _batch.AddTo(command);
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(Run(result, console, cancellationToken)));
        return command;
    }

    private int Run(ParseResult result, CommandConsole console, CancellationToken cancellationToken)
    {
        var work = new Lazy<Func<BatchTask, BatchOutcome>>(() => BatchWork.Check(result.GetRequiredValue(_for), Read(result)));
        return new BatchRunner(_report, _batch).Run(
            result, console, new BatchPlan("check") { Reads = [result.GetValue(_base)] }, _inputs.Find(result), task =>
                Tell(work.Value(task)), cancellationToken);
    }

    private CheckOptions Read(ParseResult result) => new()
    {
        Base = BaseModels.Open(result.GetValue(_base)),
        ModelType = result.GetValue(_modelType),
        AdapterName = result.GetValue(_adapterName),
        MaxLoraRank = result.GetValue(_maxLoraRank),
        LooksAtValues = result.GetValue(_values),
    };

    private static CommandOutcome Tell(BatchOutcome outcome)
    {
        var checks = (ImmutableArray<CheckResult>)outcome.Detail!;
        return new CommandOutcome
        {
            Input = outcome.Input.Path,
            Findings = outcome.Findings,
            Succeeded = outcome.Verdict == BatchVerdict.Done,
            Action = "checked",
            Summary = CheckText.Render(outcome.Input.Path, checks),
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
