using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Commands;

/// <summary>The options that decide what is printed, and the loop over the inputs that they serve.</summary>
internal sealed class ReportOptions
{
    // Of what is written to standard output at once.
    private const int PieceLength = 1 << 16;

    private readonly Option<bool> _json = CommonOptions.Json();
    private readonly Option<string> _report = CommonOptions.Report();
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _verbose = CommonOptions.Verbose();

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _json, _report, _quiet, _verbose })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Whether every module is wanted.</summary>
    public bool IsVerbose(ParseResult result) => result.GetValue(_verbose);

    /// <summary>Whether the members of a report are wanted: on standard output or in a file.</summary>
    public bool WantsJson(ParseResult result) => result.GetValue(_json) || result.GetValue(_report) is not null;

    /// <summary>Whether every number about every module is wanted: in JSON, or as text.</summary>
    public bool ShowsAll(ParseResult result) => WantsJson(result) || result.GetValue(_verbose);

    /// <summary>Whether only warnings and errors are wanted.</summary>
    public bool IsQuiet(ParseResult result) => result.GetValue(_quiet);

    /// <summary>Runs each input, prints as it goes, and gives the exit code.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="console">Where to print.</param>
    /// <param name="verb">The verb's name.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="reads">What else is read; what is <see langword="null"/> was not given.</param>
    /// <param name="run">Runs one.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public int RunAll<T>(
        ParseResult result, CommandConsole console, string verb, IReadOnlyList<T> inputs, IEnumerable<string?> reads, Func<T, CommandOutcome> run,
        CancellationToken cancellationToken)
    {
        using ReportFile? report = result.GetValue(_report) is { } path
? ReportFile.Open(path, [.. inputs.Select(input => $"{input}"), .. reads.OfType<string>()], [.. inputs.OfType<OutputTarget>().Select(target => target.Output)])
            : null;
        bool json = result.GetValue(_json);
        var outcomes = new List<CommandOutcome>(inputs.Count);
        foreach (T input in inputs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            CommandOutcome outcome = RunOne(input, run);
            outcomes.Add(outcome);
            FindingPrinter.Print(console, inputs.Count > 1 ? $"{input}" : null, outcome.Findings, result.GetValue(_quiet), result.GetValue(_verbose));
            if (!outcome.Succeeded)
            {
                console.Error.WriteLine(outcome.Summary);
            }
            else if (!json && outcome.Summary.Length > 0 && !result.GetValue(_quiet))
            {
                console.Out.WriteLine(outcome.Summary);
            }
        }

        WriteReports(result, console, verb, outcomes, report);
        int failed = outcomes.Count(outcome => !outcome.Succeeded);
        if (outcomes.Count > 1 && (failed > 0 || !result.GetValue(_quiet)))
        {
            console.Error.WriteLine(
                $"{outcomes.Count} inputs: {outcomes.Count - failed} succeeded, {failed} "
                + $"failed{(failed == 0 ? string.Empty : $": {NameList.Of(outcomes.Where(outcome => !outcome.Succeeded).Select(outcome => outcome.Input))}")}");
        }

        return failed == 0 ? ExitCodes.Done : outcomes.Count > 1 ? ExitCodes.SomeFailed : outcomes[0].FailureCode;
    }

    // What ends one input does not end the others.
    private static CommandOutcome RunOne<T>(T input, Func<T, CommandOutcome> run)
    {
        try
        {
            return run(input);
        }
        catch (ContainerException broken)
        {
            return new CommandOutcome
            {
                Input = $"{input}",
                Findings = [DamagedFile.Describe(broken)],
                Succeeded = false,
                Summary = $"{PrintableText.OneLine($"{input}")}: not done",
            };
        }
        catch (Exception failed) when (failed is not (OperationCanceledException or UsageException))
        {
            (int code, string message) = FailureText.Describe(failed);
            return new CommandOutcome { Input = $"{input}", Findings = [], Succeeded = false, FailureCode = code, Summary = message };
        }
    }

    private void WriteReports(ParseResult result, CommandConsole console, string verb, List<CommandOutcome> outcomes, ReportFile? report)
    {
        if (report is null && !result.GetValue(_json))
        {
            return;
        }

        JsonObject document = ReportJson.Document(verb, [new("inputs", new JsonArray([.. outcomes.Select(ToJson)]))]);
        byte[] bytes = PythonJson.Write(document, PythonJsonStyle.Report);
        report?.Commit(bytes);
        if (result.GetValue(_json))
        {
            // In pieces: the document has no characters beyond ASCII, and may have megabytes.
            for (int start = 0; start < bytes.Length; start += PieceLength)
            {
                console.Out.Write(System.Text.Encoding.ASCII.GetString(bytes.AsSpan(start, Math.Min(PieceLength, bytes.Length - start))));
            }

            console.Out.WriteLine();
        }
    }

    private static JsonObject ToJson(CommandOutcome outcome) => new(
    [
        new("input", new JsonString(outcome.Input)),
        new("succeeded", JsonBoolean.Of(outcome.Succeeded)),
        new("findings", ReportJson.Findings(outcome.Findings)),
        .. outcome.Members,
    ]);
}
