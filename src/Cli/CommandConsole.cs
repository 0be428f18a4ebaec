using Transfuse.Cli.Output;

namespace Transfuse.Cli;

/// <summary>Where a command prints: results to standard output, messages to standard error.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Progress, findings, errors.</param>
internal sealed record CommandConsole(TextWriter Out, TextWriter Error)
{
    /// <summary>The process's own.</summary>
    public static CommandConsole Standard()
    {
        (Func<Stream> output, Func<Stream> error) = StandardStreams.Take();
        return new CommandConsole(new TerminalWriter(output, mayFail: false), new TerminalWriter(error, mayFail: true));
    }
}
