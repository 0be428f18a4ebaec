namespace Transfuse.Cli;

/// <summary>Where a command prints: results to standard output, messages to standard error.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Progress, findings, errors.</param>
internal sealed record CommandConsole(TextWriter Out, TextWriter Error)
{
    /// <summary>Whether a person watches standard error: only then is there progress.</summary>
    public bool IsTerminal { get; init; }
}
