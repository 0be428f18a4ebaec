using System.CommandLine;
using Transfuse.Cli.Output;
using Transfuse.Formats.Json;

namespace Transfuse.Cli.Commands;

/// <summary>The options that decide what is printed.</summary>
internal sealed class ReportOptions
{
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

    /// <summary>Whether every number about every module is wanted: in JSON, or as text.</summary>
    public bool ShowsAll(ParseResult result) => WantsJson(result) || result.GetValue(_verbose);

    /// <summary>Whether only warnings and errors are wanted.</summary>
    public bool IsQuiet(ParseResult result) => result.GetValue(_quiet);

    /// <summary>Whether standard output is a report in JSON.</summary>
    public bool IsJson(ParseResult result) => result.GetValue(_json);

    /// <summary>Whether a report in JSON is wanted anywhere.</summary>
    public bool WantsJson(ParseResult result) => result.GetValue(_json) || result.GetValue(_report) is not null;

    /// <summary>Begins the file that <c>--report</c> names; <see langword="null"/> where there is none.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="inputs">What is read.</param>
    /// <param name="outputs">Folders that are written.</param>
    public ReportFile? Open(ParseResult result, IReadOnlyCollection<string> inputs, IReadOnlyCollection<string> outputs) =>
        result.GetValue(_report) is { } path ? ReportFile.Open(path, inputs, outputs) : null;

    /// <summary>Prints a report.</summary>
    public static void Print(CommandConsole console, JsonObject document)
    {
        var pieces = new ConsolePieces(console);
        PythonJson.Write(pieces, document, PythonJsonStyle.Report);
        pieces.Flush();
        console.Out.WriteLine();
    }

    /// <summary>Writes a report wherever one is wanted.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="console">Standard output.</param>
    /// <param name="file">The file that <c>--report</c> names.</param>
    /// <param name="document">The report.</param>
    public void Write(ParseResult result, CommandConsole console, ReportFile? file, JsonObject document)
    {
        file?.Commit(document);
        if (IsJson(result))
        {
            Print(console, document);
        }
    }
}
