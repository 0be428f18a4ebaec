using System.CommandLine;
using Transfuse.Apply.RoundTrip;
using Transfuse.Cli.Output;
using Transfuse.Conversion;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Json;
using Transfuse.Formats.Text;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse verify</c>: says whether two adapters change the model in the same way.</summary>
internal sealed class VerifyCommand : ICommand
{
    private readonly Argument<string> _first = new("A") { Description = "An adapter: a folder or a weights file.", Validators = { CommonOptions.RequireText } };
    private readonly Argument<string> _second = new("B")
    {
        Description = "The adapter to compare it with, of any dialect. May be left out with --logits.",
        Arity = ArgumentArity.ZeroOrOne,
        Validators = { CommonOptions.RequireText },
    };
    private readonly Option<double?> _tolerance = CommonOptions.Tolerance();

    private readonly LogitsOptions _logits = new();
    private readonly Option<bool> _worstElement = CommonOptions.WorstElement();
    private readonly PipelineOptions _pipeline = new();
    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse verify adapters/llama adapters/llama-mlx",
        "transfuse verify adapters/qwen-moe adapters/qwen-moe-mlx --base models/qwen-moe",
        "transfuse verify adapters/llama adapters/llama-mlx --base models/llama --logits",
        "transfuse verify adapters/llama --base models/llama --logits --ids prompts.json --save logits.safetensors",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command(
            "verify",
            "Says whether two adapters change the model in the same way: per module, the delta of the weight in double precision, for which no model is "
            + "needed; or the logits of a model.")
        {
            _first, _second, _tolerance, _worstElement,
        };
        _pipeline.AddReadingTo(command);
        _logits.AddTo(command, _second);
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(
            new BatchRunner(_report).RunOne(
                result, console, new BatchPlan("verify") { Reads = [result.GetValue(_second), _pipeline.BasePath(result)] }, result.GetRequiredValue(_first),
                task => RunOne(result, console, task.Input.Path, cancellationToken), cancellationToken)));
        return command;
    }

    private CommandOutcome RunOne(ParseResult result, CommandConsole console, string first, CancellationToken cancellationToken)
    {
        if (_logits.IsAskedFor(result))
        {
            return _logits.Run(
                result, console, first, result.GetValue(_second), _pipeline.Read(result, runsModel: true), result.GetValue(_tolerance)
                    ?? LogitsComparison.Rounding,
                _report.IsQuiet(result), cancellationToken);
        }

        string second = result.GetRequiredValue(_second);
        using IAdapterSource left = AdapterSource.Open(first);
        using IAdapterSource right = AdapterSource.Open(second);
        using ComparisonProgressLine? progress = ComparisonProgressLine.For(console, _report.IsQuiet(result));
        var comparison = new ComparisonOptions { WorstElement = result.GetValue(_worstElement), NormsOfEqual = _report.ShowsAll(result), Progress = progress };
        ConversionOptions options = _pipeline.Read(result) with { Comparison = comparison };
        VerificationResult verification = AdapterVerifier.Verify(left, right, options, cancellationToken);
        double tolerance = result.GetValue(_tolerance) ?? AdapterComparison.Rounding;
        bool agrees = verification.Comparison?.Agrees(tolerance) ?? false;
        return new CommandOutcome
        {
            Input = first,
            Findings = verification.Findings,
            Succeeded = agrees,
            FailureCode = verification.Comparison is null ? ExitCodes.Refused : ExitCodes.Different,
            Summary = verification.Comparison is null
                ? $"{PrintableText.OneLine(first)} and {PrintableText.OneLine(second)}: could not be compared"
                : ComparisonText.Render(verification.Comparison, tolerance, ("A", "B"), _report.IsVerbose(result)),
            Members =
            [
                new("second", new JsonString(second)),
                new("tolerance", JsonNumber.Of(tolerance)),
                new("agrees", JsonBoolean.Of(agrees)),
                new("roots", verification.Comparison?.Roots is { } roots ? JsonArray.Of([roots.First, roots.Second]) : JsonNull.Instance),
                new("modules", new JsonSequence(verification.Comparison?.Modules.Select(Describe) ?? [])),
            ],
        };
    }

    private static JsonObject Describe(ModuleComparison module) => new(
    [
        new("path", new JsonString(module.Path)),
        new("presence", new JsonString(module.Presence.ToString().ToLowerInvariant())),
        new("bit_equal", JsonBoolean.Of(module.IsBitEqual)),
        new("relative_error", ReportJson.Number(module.RelativeError)),
        new("magnitude_error", ReportJson.Number(module.MagnitudeError)),
        new("worst_element", module.WorstElement is { } worst ? ReportJson.Number(worst) : JsonNull.Instance),
        new("norm", ReportJson.Number(module.Norm)),
        new("difference_norm", ReportJson.Number(module.DifferenceNorm)),
        new("ranks", new JsonArray([JsonNumber.Of(module.Ranks.First), JsonNumber.Of(module.Ranks.Second)])),
        new("scales", new JsonArray([ReportJson.Number(module.Scales.First), ReportJson.Number(module.Scales.Second)])),
        new("mismatch", ReportJson.Text(module.Mismatch)),
    ]);
}
