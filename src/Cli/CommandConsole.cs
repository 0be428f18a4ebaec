namespace Transfuse.Cli;

/// <summary>Where a command prints: results to standard output, messages to standard error.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Progress, findings, errors.</param>
internal sealed record CommandConsole(TextWriter Out, TextWriter Error);
