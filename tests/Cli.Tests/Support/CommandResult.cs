namespace Transfuse.Cli.Tests.Support;

public sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>Fails the test with everything that was printed unless the exit code is the expected one.</summary>
    public CommandResult ExitsWith(int code)
    {
        Assert.True(ExitCode == code, $"exit code {ExitCode}, not {code}\n{Output}\n{Error}");
        return this;
    }
}
