using System.Diagnostics;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Support;

/// <summary>
/// Runs the command as a process, as a user would: the build that the tests were made with, or the published one that the environment
/// variable TRANSFUSE_COMMAND names, from the repository's root on where it is relative.
/// </summary>
public static class Command
{
    private static readonly string? Published = Environment.GetEnvironmentVariable("TRANSFUSE_COMMAND") is { Length: > 0 } path
        ? Path.Combine(Fixtures.RepositoryRoot, path)
        : null;

    /// <summary>Whether a published command runs, which starts at once.</summary>
    public static bool IsPublished => Published is not null;

    /// <summary>The program that runs, and the arguments that come before the command's own.</summary>
    public static (string Program, string[] Arguments) Program { get; } =
        Published is null ? ("dotnet", [Path.Combine(OwnFolder(), "transfuse.dll")]) : (Published, []);

    public static CommandResult Run(params string[] arguments) => Run(new Dictionary<string, string>(), arguments);

    /// <summary>Runs it with some variables of the environment.</summary>
    public static CommandResult Run(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using Process process = StartProgram(Program.Program, [.. Program.Arguments, .. arguments], environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "the command did not end");
        return new CommandResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Runs it and measures.</summary>
    public static Usage Measure(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        long peak = 0;
        TimeSpan processor = TimeSpan.Zero;
        while (!process.WaitForExit(2))
        {
            try
            {
                process.Refresh();
                peak = Math.Max(peak, process.PeakWorkingSet64);
                processor = process.TotalProcessorTime;
            }
            catch (Exception ended) when (ended is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                // It ended meanwhile.
            }
        }

        return new Usage(new CommandResult(process.ExitCode, output.Result, error.Result), peak, processor);
    }

    public static Process Start(params string[] arguments) => StartProgram(Program.Program, [.. Program.Arguments, .. arguments]);

    /// <summary>Starts it with the signals as a terminal has them, also where the tests run in the background or under nohup and ignore some.</summary>
    public static Process StartListening(params string[] arguments) =>
        StartProgram("env", ["--default-signal=INT,TERM,HUP", Program.Program, .. Program.Arguments, .. arguments]);

    /// <summary>Starts it as under nohup and in the background of a script.</summary>
    public static Process StartIgnoring(params string[] arguments) =>
        StartProgram("env", ["--ignore-signal=INT,HUP", Program.Program, .. Program.Arguments, .. arguments]);

    public static void Signal(Process process, string signal) => Process.Start("kill", [$"-{signal}", process.Id.ToString()]).WaitForExit();

    private static Process StartProgram(string program, string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    // Beside the tests lies what they need themselves: they have the web's framework, which brings packages that the command has as files.
    private static string OwnFolder()
    {
        var tests = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return Path.Combine(Fixtures.RepositoryRoot, "src", "Cli", "bin", tests.Parent!.Name, tests.Name);
    }
}
