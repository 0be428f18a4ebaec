using Spectre.Console;
using Spectre.Console.Rendering;
using Transfuse.Conversion.Batch;
using Transfuse.Formats.Text;

namespace Transfuse.Cli.Output;

/// <summary>
/// A bar on a terminal, what it stands for, and a line for each adapter in work. What is printed meanwhile appears above them.
/// </summary>
internal sealed class TerminalBatchView : BatchView
{
    // A batch that is over in a blink shows nothing.
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
        var above = new LineWriter(line => terminal.Write(new Above(PrintableText.Lines(line))));
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

    private void Paint(IAnsiConsole terminal) => terminal.Live(new Text(string.Empty)).AutoClear(true).Start(context =>
    {
        while (!_end.Wait(Refresh))
        {
            string[] running;
            double share;
            string progress;
            lock (_gate)
            {
                running = [.. _running];
                (share, progress) = (_progress.Share, _progress.Describe());
            }

            context.UpdateTarget(new BatchPicture(terminal.Profile).Draw(share, progress, running));
        }
    });

    // It is written where the picture begins, whose lines may be longer.
    private sealed class Above(string text) : Renderable
    {
        private const string EraseBelow = "\e[J";

        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            ((IRenderable)new Text(text)).Render(options, maxWidth).Prepend(Segment.Control(EraseBelow));
    }
}
