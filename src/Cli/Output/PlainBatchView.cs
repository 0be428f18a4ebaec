using System.Diagnostics;
using Transfuse.Conversion.Batch;

namespace Transfuse.Cli.Output;

/// <summary>A line from time to time, for logs.</summary>
internal sealed class PlainBatchView(CommandConsole console, BatchProgress progress) : BatchView(console)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private long _last = Stopwatch.GetTimestamp();

    public override void Ended(BatchOutcome outcome)
    {
        progress.Add(outcome);
        if (Stopwatch.GetElapsedTime(_last) >= Pause)
        {
            _last = Stopwatch.GetTimestamp();
            Console.Error.WriteLine(progress.Describe());
        }
    }
}
