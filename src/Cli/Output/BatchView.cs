using System.CommandLine;
using Transfuse.Cli.Commands;
using Transfuse.Conversion.Batch;

namespace Transfuse.Cli.Output;

/// <summary>Shows how a batch goes on: nothing, where one input is run or nothing is wanted.</summary>
/// <param name="console">Where lines go meanwhile.</param>
internal class BatchView(CommandConsole console) : IDisposable
{
    /// <summary>Where results and messages are printed while the batch runs.</summary>
    public virtual CommandConsole Console => console;

    /// <summary>The view that suits where standard error leads.</summary>
    public static BatchView For(CommandConsole console, ReportOptions report, ParseResult result, IReadOnlyList<BatchInput> inputs, bool isBatch) =>
        !isBatch || report.IsQuiet(result) || inputs.Count < 2 ? new BatchView(console)
            : console.IsTerminal && Environment.GetEnvironmentVariable("TERM") != "dumb" ? new TerminalBatchView(console, new BatchProgress(inputs))
            : new PlainBatchView(console, new BatchProgress(inputs));

    /// <summary>An input is in work.</summary>
    public virtual void Started(BatchInput input)
    {
    }

    /// <summary>An input is no longer in work.</summary>
    public virtual void Stopped(BatchInput input)
    {
    }

    /// <summary>What came of an input was printed.</summary>
    public virtual void Ended(BatchOutcome outcome)
    {
    }

    /// <summary>Takes the view away. May be repeated.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes the view away.</summary>
    protected virtual void Close()
    {
    }
}
