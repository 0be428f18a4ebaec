using System.Diagnostics;
using System.Text;

namespace Transfuse.Attack;

/// <summary>The published command, run as a process under <c>/usr/bin/time</c>, which knows its memory.</summary>
/// <param name="command">Path of the command.</param>
/// <param name="work">A folder for what the campaign needs.</param>
public sealed class Tool(string command, string work)
{
    /// <summary>A folder of its own for one round.</summary>
    public string Room(int round) => Directory.CreateDirectory(Path.Combine(work, $"round{round}")).FullName;

    /// <summary>Runs to the end; a minute without one counts as a hang and ends it.</summary>
    public Ending Run(params IReadOnlyList<string> arguments)
    {
        string memory = Path.Combine(work, $"memory{Environment.CurrentManagedThreadId}");
        var text = new StringBuilder();
        var clock = Stopwatch.StartNew();
        using Process process = Start("/usr/bin/time", ["-f", "%M", "-o", memory, command, .. arguments], text);
        if (!process.WaitForExit(60_000))
        {
            process.Kill(entireProcessTree: true);
        }

        process.WaitForExit();
        double seconds = clock.Elapsed.TotalSeconds;
        long kibibytes = long.Parse(File.ReadLines(memory).Last(), null);
        lock (text)
        {
            return new Ending(process.ExitCode, text.ToString(), seconds, kibibytes);
        }
    }

    /// <summary>Starts, waits, and kills with a signal that nothing can catch.</summary>
    public void Kill(TimeSpan after, params IReadOnlyList<string> arguments)
    {
        using Process process = Start(command, arguments, new StringBuilder());
        Thread.Sleep(after);
        process.Kill();
        process.WaitForExit();
    }

    private static Process Start(string file, IReadOnlyList<string> arguments, StringBuilder text)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start)!;
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (text)
            {
                text.AppendLine(line.Data);
            }
        };
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
