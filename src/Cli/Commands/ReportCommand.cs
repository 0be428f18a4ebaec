using System.CommandLine;
using System.Text;
using Transfuse.Cli.Output;
using Transfuse.Cli.Pages;
using Transfuse.Conversion;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Profiles;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Json;
using Transfuse.Formats.Text;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse report</c>: one page with pictures of what adapters change, and where two differ.</summary>
internal sealed class ReportCommand : ICommand
{
    private readonly Argument<string[]> _paths = CommonOptions.Paths();
    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The HTML file to write. Required.",
        HelpName = "FILE.html",
        Required = true,
        Validators = { result => CommonOptions.RequireText(result) },
    };

    private readonly PipelineOptions _pipeline = new();
    private readonly Option<bool> _json = CommonOptions.Json();
    private readonly Option<bool> _quiet = CommonOptions.Quiet();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse report adapters/llama-peft --output llama.html",
        "transfuse report adapters/llama-peft --base models/llama --output llama.html",
        "transfuse report adapters/first adapters/second --output both.html",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command(
            "report",
            "Writes one page with pictures, which needs nothing beside it: how much every module is changed and in how many directions, singular values, findings; "
            + "several adapters on one scale, and where two differ. With --base, changes relative to the base's weights, which are read.")
        {
            _paths, _output,
        };
        _pipeline.AddReadingTo(command);
        command.Options.Add(_json);
        command.Options.Add(_quiet);
        command.SetAction((result, cancellationToken) => Task.FromResult(Run(result, console, cancellationToken)));
        return command;
    }

    private int Run(ParseResult result, CommandConsole console, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> inputs = InputPaths.Inputs(result.GetRequiredValue(_paths));
        ConversionOptions options = _pipeline.Read(result);
        using ReportFile file = ReportFile.Open(
            result.GetRequiredValue(_output), [.. inputs, .. new[] { _pipeline.BasePath(result) }.OfType<string>()], [], "--output");
        bool quiet = result.GetValue(_quiet);
        PageAdapter[] pages = Measure(console, inputs, options, quiet, cancellationToken);
        int failed = pages.Count(page => page.Adapter is null);
        if (failed < pages.Length)
        {
            file.Commit(Encoding.UTF8.GetBytes(ReportPage.Render(pages, failed == 0 && pages is [_, _] ? Compare(inputs, options, cancellationToken) : null)));
        }

        if (result.GetValue(_json))
        {
            console.Out.WriteLine(Encoding.UTF8.GetString(PythonJson.Write(ToJson(pages), PythonJsonStyle.Report)));
        }
        else if (failed < pages.Length && !quiet)
        {
            console.Out.WriteLine($"{PrintableText.OneLine(result.GetRequiredValue(_output))}: {pages.Length - failed} of {pages.Length} adapters");
        }

        return failed == 0 ? ExitCodes.Done : pages.Length == 1 ? ExitCodes.Refused : ExitCodes.SomeFailed;
    }

    private static PageAdapter[] Measure(
        CommandConsole console, IReadOnlyList<string> inputs, ConversionOptions options, bool quiet, CancellationToken cancellationToken)
    {
        using BaseWeights? weights = options.Base?.OpenWeights();
        var pages = new PageAdapter[inputs.Count];
        for (int i = 0; i < pages.Length; i++)
        {
            using IAdapterSource source = AdapterSource.Open(inputs[i]);
            using ComparisonProgressLine? progress = ComparisonProgressLine.For(console, quiet, "measuring");
            AdapterReading reading = AdapterReader.Read(source, options, cancellationToken);
            var profile = new ProfileOptions { Base = weights, Progress = progress };
            pages[i] = new PageAdapter(
                inputs[i],
                reading.Dialect?.ToString().ToLowerInvariant(),
                reading.Adapter,
                reading.Adapter is null ? [] : AdapterProfiler.Profile(reading.Adapter, profile, cancellationToken),
                reading.Findings);
            FindingPrinter.Print(console, pages.Length > 1 ? inputs[i] : null, reading.Findings, quiet, verbose: false);
            if (reading.Adapter is null)
            {
                console.Error.WriteLine($"{PrintableText.OneLine(inputs[i])}: could not be read");
            }
        }

        return pages;
    }

    private static AdapterComparison? Compare(IReadOnlyList<string> inputs, ConversionOptions options, CancellationToken cancellationToken)
    {
        using IAdapterSource first = AdapterSource.Open(inputs[0]);
        using IAdapterSource second = AdapterSource.Open(inputs[1]);
        return AdapterVerifier.Verify(first, second, options with { Comparison = new ComparisonOptions { NormsOfEqual = false } }, cancellationToken).Comparison;
    }

    private static JsonObject ToJson(IReadOnlyList<PageAdapter> pages) => ReportJson.Document(
        "report",
        new KeyValuePair<string, JsonValue>("inputs", new JsonArray(
        [
            .. pages.Select(page => new JsonObject(
            [
                new("input", new JsonString(page.Name)),
                new("succeeded", JsonBoolean.Of(page.Adapter is not null)),
                new("findings", ReportJson.Findings(page.Findings)),
                new("modules", new JsonArray([.. page.Modules.Select(ToJson)])),
            ])),
        ])));

    private static JsonObject ToJson(ModuleProfile module) => new(
    [
        new("path", new JsonString(module.FullPath)),
        new("rank", JsonNumber.Of(module.Rank)),
        new("scale", ReportJson.Number(module.Scale)),
        new("norm", ReportJson.Number(module.Norm)),
        new("weight_norm", module.WeightNorm is { } weight ? ReportJson.Number(weight) : JsonNull.Instance),
        new("effective_rank", module.EffectiveRank is { } rank ? ReportJson.Number(rank) : JsonNull.Instance),
        new("singular_values", new JsonArray([.. module.SingularValues.Select(ReportJson.Number)])),
    ]);
}
