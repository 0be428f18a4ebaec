using Spectre.Console;
using Transfuse.Conversion.Batch;
using Transfuse.Formats.Text;

namespace Transfuse.Cli.Output;

/// <summary>
/// Bars on a terminal: one for the batch, and a line for each adapter in work. What is printed meanwhile appears above them.
/// </summary>
internal sealed class TerminalBatchView : BatchView
{
    // A batch that is over in a blink shows nothing.
    private const int Lines = 16;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);

    private readonly BatchProgress _progress;
    private readonly CommandConsole _console;
    private readonly List<string> _running = [];
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _painter;

    public TerminalBatchView(CommandConsole console, BatchProgress progress)
        : base(console)
    {
        _progress = progress;
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(console.Progress) });
        var above = new LineWriter(line => terminal.Write(new Text(PrintableText.Lines(line))));
        _console = console with { Error = above, Out = console.IsOutTerminal ? above : console.Out };
        _painter = new Thread(() => Paint(terminal)) { IsBackground = true };
        _painter.Start();
    }

    public override CommandConsole Console => _console;

    public override void Started(BatchInput input)
    {
        lock (_gate)
        {
            _running.Add(input.Path);
        }
    }

    public override void Stopped(BatchInput input)
    {
        lock (_gate)
        {
            _running.Remove(input.Path);
        }
    }

    public override void Ended(BatchOutcome outcome)
    {
        lock (_gate)
        {
            _progress.Add(outcome);
        }
    }

    protected override void Close()
    {
        if (!_end.IsSet)
        {
            _end.Set();
            _painter.Join();
        }
    }

    private void Paint(IAnsiConsole terminal) => terminal.Progress()
        .AutoClear(true)
        .AutoRefresh(false)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .Start(context =>
        {
            ProgressTask all = context.AddTask("batch", maxValue: 1);
            while (!_end.Wait(Refresh))
            {
                string[] running;
                lock (_gate)
                {
                    running = [.. _running.Take(Lines).Select(path => PrintableText.OneLine(path))];
                    all.Value = Math.Min(_progress.Share, 0.999);
                    all.Description = string.Join('\n', running.Prepend(_progress.Describe()).Select(Markup.Escape));
                }

                context.Refresh();
            }
        });
}
