namespace Transfuse.Cli.Tests.Docs;

/// <summary>What one command line of a shell did.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Lines">Both of its outputs, in the order in which they came.</param>
internal sealed record ShellOutput(int ExitCode, IReadOnlyList<string> Lines);
