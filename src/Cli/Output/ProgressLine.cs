using System.Diagnostics;
using System.Globalization;
using Transfuse.Apply.Fusing;

namespace Transfuse.Cli.Output;

/// <summary>One line on the terminal that says how far the work is and how long it will take; nothing where standard error is no terminal.</summary>
internal sealed class ProgressLine(CommandConsole console, bool isWanted) : IProgress<FusionProgress>, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly bool _isShown = isWanted && console.IsTerminal;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private TimeSpan _next = Interval;
    private int _width;

    /// <inheritdoc />
    public void Report(FusionProgress value)
    {
        if (!_isShown || !_lock.TryEnter())
        {
            return;
        }

        try
        {
            if (_clock.Elapsed >= _next)
            {
                _next = _clock.Elapsed + Interval;
                Show(Describe(value, _clock.Elapsed));
            }
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_width > 0)
        {
            Show(string.Empty);
            console.Progress.Write('\r');
        }
    }

    public static string Describe(FusionProgress value, TimeSpan elapsed)
    {
        double share = value.Total == 0 ? 1 : Math.Min(1, (double)value.Done / value.Total);
        double left = share > 0 ? elapsed.TotalSeconds * (1 - share) / share : 0;
        return string.Create(CultureInfo.InvariantCulture, $"{share,4:P0}  {value.Done / 1e9:F2} of {value.Total / 1e9:F2} GB, {Math.Ceiling(left):F0} s left");
    }

    private void Show(string text)
    {
        console.Progress.Write("\r" + text.PadRight(_width));
        _width = text.Length;
    }
}
