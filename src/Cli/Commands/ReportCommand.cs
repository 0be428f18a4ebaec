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
    private readonly BatchInputs _inputs = new();
    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The HTML file to write.",
        HelpName = "FILE.html",
        Validators = { result => CommonOptions.RequireText(result) },
    };

    private readonly Option<string> _merge = new("--merge")
    {
        Description =
            "In place of PATH and --output: join the journals of a batch's output folder, or of the folder of --journal, to one report and exit code.",
        HelpName = "DIR",
        Validators = { result => CommonOptions.RequireText(result) },
    };

    private readonly PipelineOptions _pipeline = new();
    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse report adapters/llama --output llama.html",
        "transfuse report adapters/llama --base models/llama --output llama.html",
        "transfuse report adapters/first adapters/second --output both.html",
        "transfuse report --merge converted --report converted.json",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command(
            "report",
            "Writes one page with pictures, which needs nothing beside it: how much every module is changed and in how many directions, singular values, "
            + "findings; "
            + "several adapters on one scale, and where two differ. With --base, changes relative to the base's weights, which are read. "
            + "With --merge, what the processes of a batch have written down: exit code 4 where an input was refused or failed, or a shard is missing.")
        {
            _output, _merge,
        };
        command.Validators.Add(result =>
        {
            bool merges = result.GetValue(_merge) is not null;
            if (merges && (_inputs.IsGiven(result) || result.GetValue(_output) is not null))
            {
                result.AddError("--merge reads journals; it takes neither PATH nor --output.");
            }
            else if (!merges && !_inputs.IsGiven(result))
            {
                result.AddError("Required argument missing for command: PATH, or --merge.");
            }
            else if (!merges && result.GetValue(_output) is null)
            {
                result.AddError("Option '--output' is required.");
            }
            else if (!merges && result.GetValue<string>("--report") is not null)
            {
                result.AddError("--report is for --merge; a page is written to --output, and --json prints its numbers.");
            }
        });
        _inputs.AddTo(command, isOptional: true);
        _pipeline.AddReadingTo(command);
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(
            result.GetValue(_merge) is { } folder ? new MergedJournals(_report).Run(result, console, folder) : Run(result, console, cancellationToken)));
        return command;
    }

    private int Run(ParseResult result, CommandConsole console, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> inputs = [.. _inputs.Find(result).Inputs.Select(input => input.Path)];
        ConversionOptions options = _pipeline.Read(result);
        using ReportFile file = ReportFile.Open(
            result.GetRequiredValue(_output), [.. inputs, .. new[] { _pipeline.BasePath(result) }.OfType<string>()], [], "--output");
        bool quiet = _report.IsQuiet(result);
        PageAdapter[] pages = Measure(console, inputs, options, quiet, cancellationToken);
        int failed = pages.Count(page => page.Adapter is null);
        if (failed < pages.Length)
        {
            file.Commit(Encoding.UTF8.GetBytes(ReportPage.Render(pages, failed == 0 && pages is [_, _] ? Compare(inputs, options, cancellationToken) : null)));
        }

        if (_report.IsJson(result))
        {
            ReportOptions.Print(console, ToJson(pages));
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
        return AdapterVerifier.Verify(
            first, second, options with { Comparison = new ComparisonOptions { NormsOfEqual = false } }, cancellationToken).Comparison;
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
                new("modules", new JsonSequence(page.Modules.Select(ToJson))),
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
