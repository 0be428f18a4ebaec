using System.Diagnostics;
using Transfuse.Conversion.Verification;

namespace Transfuse.Cli.Output;

/// <summary>
/// One line on the terminal that says how far a comparison or a measurement is, and is gone when it ends. It appears only where the work takes a while.
/// </summary>
internal sealed class ComparisonProgressLine(TextWriter terminal, string work) : IProgress<ComparisonProgress>, IDisposable
{
    private const int Width = 60;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private long _last = Stopwatch.GetTimestamp();
    private bool _isShown;

    /// <summary>The line for a command, or <see langword="null"/> where nobody watches.</summary>
    public static ComparisonProgressLine? For(CommandConsole console, bool quiet, string work = "comparing") =>
        console.IsTerminal && !quiet ? new ComparisonProgressLine(console.Progress, work) : null;

    /// <inheritdoc />
    public void Report(ComparisonProgress value)
    {
        lock (_gate)
        {
            if (Stopwatch.GetElapsedTime(_last) >= Pause)
            {
                _last = Stopwatch.GetTimestamp();
                _isShown = true;
                terminal.Write($"\r{$"{work}: {value.Done} of {value.Total} modules".PadRight(Width)}");
                terminal.Flush();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_isShown)
        {
            terminal.Write($"\r{new string(' ', Width)}\r");
            terminal.Flush();
        }
    }
}
