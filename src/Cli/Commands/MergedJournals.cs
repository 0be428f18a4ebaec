using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Journal;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse report --merge</c>: joins the journals of an output folder to one report.</summary>
/// <param name="report">What is printed.</param>
internal sealed class MergedJournals(ReportOptions report)
{
    /// <summary>Prints the report.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">There is no journal.</exception>
    public int Run(ParseResult result, CommandConsole console, string folder)
    {
        MergedReport merged;
        try
        {
            merged = MergedReport.Read(folder);
        }
        catch (BatchException none)
        {
            throw new UsageException(none.Message);
        }

        using ReportFile? file = report.Open(result, [], []);
        var failed = new FailureList();
        foreach (BatchOutcome outcome in merged.Outcomes.Where(outcome => outcome.Verdict != BatchVerdict.Done))
        {
            failed.Add(outcome.Input.Path, ExitCodes.SomeFailed);
            FindingPrinter.Print(console, outcome.Input.Path, outcome.Findings, report.IsQuiet(result), report.IsVerbose(result));
            if (outcome.Failure is { } failure)
            {
                console.Error.WriteLine($"{outcome.Input.Path}: error: {failure}");
            }
        }

        FindingPrinter.Print(console, null, merged.Findings, report.IsQuiet(result), report.IsVerbose(result));
        Write(result, console, merged, file);
        bool isWhole = failed.Count == 0 && merged.Findings.All(finding => finding.Severity != Severity.Error);
        if (!isWhole || !report.IsQuiet(result))
        {
            if (!report.IsJson(result))
            {
                console.Out.Write(SummaryText.Render(merged.Summary));
            }

            console.Error.WriteLine(SummaryText.Line(merged.Summary, failed));
        }

        return isWhole ? ExitCodes.Done : ExitCodes.SomeFailed;
    }

    private void Write(ParseResult result, CommandConsole console, MergedReport merged, ReportFile? file)
    {
        if (!report.WantsJson(result))
        {
            return;
        }

        JsonObject document = ReportJson.Document(
            "batch",
            new("verb", new JsonString(merged.Verb)),
            new("summary", SummaryText.ToJson(merged.Summary)),
            new("findings", ReportJson.Findings(merged.Findings)),
            new("shards", new JsonArray([.. merged.Shards.Select(Describe)])),
            new("inputs", new JsonSequence(merged.Outcomes.Select(Describe))));
        report.Write(result, console, file, document);
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
            new("outputs", new JsonArray(
                [.. outcome.Outputs.Select(output => new JsonObject([new("name", new JsonString(output.Name)), new("hash", new JsonString(output.Hash))]))])),
        ],
    });
}
