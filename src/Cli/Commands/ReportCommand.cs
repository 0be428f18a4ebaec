using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Journal;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse report</c>: joins the journals of an output folder to one report.</summary>
internal sealed class ReportCommand : ICommand
{
    private readonly Option<string> _merge = new("--merge")
    {
        Description = "The output folder, or the folder of --journal, whose journals are joined: one for each process or shard that wrote there.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse report --merge converted",
        "transfuse report --merge converted --report converted.json",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command(
            "report",
            "Joins the journals that the processes of a batch left in its output folder to one report and one exit code: 0 where every input of every shard was done, 4 "
            + "where some were refused or failed, or a shard is missing.")
        {
            _merge,
        };
        _report.AddTo(command);
        command.SetAction((result, _) => Task.FromResult(Run(result, console)));
        return command;
    }

    private int Run(ParseResult result, CommandConsole console)
    {
        string folder = result.GetRequiredValue(_merge);
        MergedReport merged;
        try
        {
            merged = MergedReport.Read(folder);
        }
        catch (BatchException none)
        {
            throw new UsageException(none.Message);
        }

        using ReportFile? file = _report.Open(result, [], []);
        var failed = new FailureList();
        foreach (BatchOutcome outcome in merged.Outcomes.Where(outcome => outcome.Verdict != BatchVerdict.Done))
        {
            failed.Add(outcome.Input.Path, ExitCodes.SomeFailed);
            FindingPrinter.Print(console, outcome.Input.Path, outcome.Findings, _report.IsQuiet(result), _report.IsVerbose(result));
            if (outcome.Failure is { } failure)
            {
                console.Error.WriteLine($"{outcome.Input.Path}: error: {failure}");
            }
        }

        FindingPrinter.Print(console, null, merged.Findings, _report.IsQuiet(result), _report.IsVerbose(result));
        Write(result, console, merged, file);
        bool isWhole = failed.Count == 0 && merged.Findings.All(finding => finding.Severity != Severity.Error);
        if (!isWhole || !_report.IsQuiet(result))
        {
            if (!_report.IsJson(result))
            {
                console.Out.Write(SummaryText.Render(merged.Summary));
            }

            console.Error.WriteLine(SummaryText.Line(merged.Summary, failed));
        }

        return isWhole ? ExitCodes.Done : ExitCodes.SomeFailed;
    }

    private void Write(ParseResult result, CommandConsole console, MergedReport merged, ReportFile? file)
    {
        if (!_report.HasReport(result))
        {
            return;
        }

        JsonObject document = ReportJson.Document(
            "report",
            new("verb", new JsonString(merged.Verb)),
            new("summary", SummaryText.ToJson(merged.Summary)),
            new("findings", ReportJson.Findings(merged.Findings)),
            new("shards", new JsonArray([.. merged.Shards.Select(Describe)])),
            new("inputs", new JsonArray([.. merged.Outcomes.Select(Describe)])));
        byte[] bytes = PythonJson.Write(document, PythonJsonStyle.Report);
        file?.Commit(bytes);
        if (_report.IsJson(result))
        {
            console.Out.WriteLine(System.Text.Encoding.UTF8.GetString(bytes));
        }
    }

    private static JsonObject Describe(MergedShard shard) => new(
    [
        new("shard", ReportJson.Text(shard.Shard)),
        new("inputs", JsonNumber.Of(shard.Inputs)),
        new("ended", JsonNumber.Of(shard.Ended)),
    ]);

    private static JsonObject Describe(BatchOutcome outcome) => SummaryText.ToJson(outcome, new CommandOutcome
    {
        Input = outcome.Input.Path,
        Findings = outcome.Findings,
        Succeeded = outcome.Verdict == BatchVerdict.Done,
        Summary = string.Empty,
        Members =
        [
            new("name", new JsonString(outcome.Input.Name)),
            new("action", ReportJson.Text(outcome.Action)),
            new("outputs", new JsonArray([.. outcome.Outputs.Select(output => new JsonObject([new("name", new JsonString(output.Name)), new("hash", new JsonString(output.Hash))]))])),
        ],
    });
}
