using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Discovery;
using Transfuse.Conversion.Batch.Journal;
using Transfuse.Conversion.Batch.Shards;
using Transfuse.Formats.Json;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Commands;

/// <summary>The loop over the inputs of a verb: printed as it goes, in order, with a summary and a report at the end.</summary>
/// <param name="report">What is printed.</param>
/// <param name="settings">How many are run; <see langword="null"/> for a verb of one input.</param>
internal sealed class BatchRunner(ReportOptions report, BatchSettings? settings = null)
{
    /// <summary>Runs a verb of one input.</summary>
    public int RunOne(
        ParseResult result, CommandConsole console, BatchPlan plan, string input, Func<BatchTask, CommandOutcome> work, CancellationToken cancellationToken) =>
        Run(result, console, plan, new DiscoveredInputs([new BatchInput(input, string.Empty)], [], IsSingle: true), work, cancellationToken);

    /// <summary>Runs each input.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="console">Where to print.</param>
    /// <param name="plan">What the verb does.</param>
    /// <param name="found">The inputs.</param>
    /// <param name="work">Runs one.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The exit code.</returns>
    public int Run(
        ParseResult result, CommandConsole console, BatchPlan plan, DiscoveredInputs found, Func<BatchTask, CommandOutcome> work,
        CancellationToken cancellationToken)
    {
        Shard? shard = settings?.ShardOf(result);
        IReadOnlyList<BatchInput> inputs = shard is null ? found.Inputs : ShardPlan.Of(found.Inputs, shard.Value);
        using ReportFile? file = report.Open(
            result, [.. inputs.Select(input => input.Path), .. plan.Reads.OfType<string>()],
            plan.Output is { } output ? [.. inputs.Select(input => Path.Combine(output, input.Name))] : plan.IsInPlace ? [.. inputs.Select(input => input.Path)]
                : []);
        using BatchJournal? journal = settings?.JournalOf(result, plan, isBatch: !found.IsSingle);
        PrintFindings(result, console, null, [.. found.Findings, .. journal?.Findings ?? []]);
        bool isBatch = !found.IsSingle || inputs.Count != 1;
        using BatchView view = BatchView.For(console, report, result, inputs, isBatch);
        using var outcomes = new ReportSpool();
        var failed = new FailureList();
        var observer = new Printer(this, result, view, inputs.Count, outcomes, failed);
        AdapterBatch batch = AdapterBatch.Of(inputs).WithOptions(settings?.Read(result, journal) ?? BatchOptions.Default).WithObserver(observer);
        journal?.Begin(shard?.ToString(), inputs, found.Inputs);
        BatchSummary summary = batch.Run(task => Attempt(task, work), cancellationToken);
        view.Dispose();
        WriteReports(result, console, plan.Verb, [.. found.Findings, .. journal?.Findings ?? []], outcomes, isBatch ? summary : null, file);
        return Conclude(result, console, summary, failed, isBatch);
    }

    private ReportOptions Report => report;

    private static BatchOutcome Attempt(BatchTask task, Func<BatchTask, CommandOutcome> work)
    {
        try
        {
            CommandOutcome outcome = work(task);
            return new BatchOutcome
            {
                Input = task.Input,
                Verdict = outcome.Succeeded ? BatchVerdict.Done : BatchVerdict.Refused,
                Action = outcome.Succeeded ? outcome.Action : null,
                Findings = outcome.Findings,
                Outputs = task.Outputs,
                Detail = outcome,
            };
        }
        catch (UsageException wrong)
        {
            throw new BatchStoppedException(wrong);
        }
    }

    private void PrintFindings(ParseResult result, CommandConsole console, string? input, IReadOnlyList<Finding> findings) =>
        FindingPrinter.Print(console, input, [.. findings], report.IsQuiet(result), report.IsVerbose(result));

    private int Conclude(ParseResult result, CommandConsole console, BatchSummary summary, FailureList failed, bool isBatch)
    {
        if (isBatch && (failed.Count > 0 || summary.NotRun > 0 || !report.IsQuiet(result)))
        {
            if (!report.IsJson(result))
            {
                console.Out.Write(SummaryText.Render(summary));
            }

            console.Error.WriteLine(SummaryText.Line(summary, failed));
        }

        return failed.Count == 0 ? ExitCodes.Done : isBatch && summary.Inputs > 1 ? ExitCodes.SomeFailed : failed.FirstCode;
    }

    private void WriteReports(
        ParseResult result, CommandConsole console, string verb, IReadOnlyList<Finding> findings, ReportSpool outcomes, BatchSummary? summary, ReportFile? file)
    {
        if (!report.WantsJson(result))
        {
            return;
        }

        JsonObject document = ReportJson.Document(
            verb,
            [
                .. summary is null ? Array.Empty<KeyValuePair<string, JsonValue>>()
                    : [new("summary", SummaryText.ToJson(summary)), new("findings", ReportJson.Findings([.. findings]))],
                new("inputs", outcomes.Parts),
            ]);
        report.Write(result, console, file, document);
    }

    // Tells each outcome in its turn.
    private sealed class Printer(BatchRunner runner, ParseResult result, BatchView view, int count, ReportSpool outcomes, FailureList failed) : IBatchObserver
    {
        public void Started(BatchInput input) => view.Started(input);

        public void Stopped(BatchInput input) => view.Stopped(input);

        public void Ended(BatchOutcome outcome)
        {
            ReportOptions report = runner.Report;
            (CommandOutcome told, bool isKnown) = Told(outcome);
            if (!outcome.IsSkipped || report.IsVerbose(result))
            {
                runner.PrintFindings(result, view.Console, count > 1 ? outcome.Input.Path : null, outcome.Findings);
            }

            if (!told.Succeeded)
            {
                failed.Add(outcome.Input.Path, told.FailureCode);
                view.Console.Error.WriteLine(told.Summary);
            }
            else if (!report.IsJson(result) && told.Summary.Length > 0 && !report.IsQuiet(result) && (isKnown || report.IsVerbose(result)))
            {
                view.Console.Out.WriteLine(told.Summary);
            }

            if (report.WantsJson(result))
            {
                outcomes.Add(SummaryText.ToJson(outcome, told), depth: 2);
            }

            view.Ended(outcome);
        }

        // What is known of an input that was done before, or that the work did not come to the end of.
        private static (CommandOutcome Told, bool IsKnown) Told(BatchOutcome outcome)
        {
            string path = PrintableText.OneLine(outcome.Input.Path);
            if (outcome.Detail is CommandOutcome known)
            {
                return (known, true);
            }

            (int code, string message) = outcome.Detail is Exception thrown ? FailureText.Describe(thrown)
                : (ExitCodes.Refused, outcome.IsSkipped ? $"{path}: done before" : $"{path}: not done");
            return (new CommandOutcome
            {
                Input = outcome.Input.Path,
                Findings = outcome.Findings,
                Succeeded = outcome.Verdict == BatchVerdict.Done,
                FailureCode = code,
                Summary = message,
            }, false);
        }
    }
}
