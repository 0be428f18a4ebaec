using System.Diagnostics;

namespace Transfuse.Cli.Tests.Support;

/// <summary>Runs the command as a process, as a user would.</summary>
public static class Command
{
    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "transfuse.dll");

    public static CommandResult Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "the command did not end");
        return new CommandResult(process.ExitCode, output.Result, error.Result);
    }

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(Assembly);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
