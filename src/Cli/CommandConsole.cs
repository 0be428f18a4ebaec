using Transfuse.Cli.Output;

namespace Transfuse.Cli;

/// <summary>Where a command prints: results to standard output, messages to standard error.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Progress, findings, errors.</param>
internal sealed record CommandConsole(TextWriter Out, TextWriter Error)
{
    /// <summary>Whether a person watches standard error: only then is there progress.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Whether a person watches standard output.</summary>
    public bool IsOutTerminal { get; init; }

    /// <summary>Where progress goes, which moves the cursor and names nothing that a stranger wrote.</summary>
    public TextWriter Progress { get; init; } = Error;

    /// <summary>The process's own.</summary>
    public static CommandConsole Standard()
    {
        (Func<Stream> output, Func<Stream> error) = StandardStreams.Take();
        bool isTerminal = !Console.IsErrorRedirected;
        return new CommandConsole(new TerminalWriter(output, mayFail: false), new TerminalWriter(error, mayFail: true))
        {
            IsTerminal = isTerminal,
            IsOutTerminal = !Console.IsOutputRedirected,
            Progress = isTerminal ? Console.Error : TextWriter.Null,
        };
    }
}
