using System.Runtime.InteropServices;

namespace Transfuse.Cli;

/// <summary>
/// Ends the run in order when the user or the system asks for it: Ctrl+C (SIGINT), SIGTERM, and SIGHUP when the terminal goes away.
/// A signal that the parent had ignored (SIGINT in a background job, SIGHUP under nohup) stays ignored, as is the custom.
/// </summary>
internal sealed class Interruption : IDisposable
{
    // Milliseconds after the first signal in which others are taken for the same.
    private const long Patience = 1000;

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signal;
    private long _firstAt = long.MaxValue - Patience;

    public Interruption()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, 2)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, 15)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => End(context, 1)),
        ];
    }

    /// <summary>Cancelled by the first of the signals.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The exit code of a run: where a signal ended it, 128 and the signal's number, as shells have it.</summary>
    public int ExitCodeOf(int code) => code == ExitCodes.Interrupted && Volatile.Read(ref _signal) is var signal and not 0 ? 128 + signal : code;

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void End(PosixSignalContext context, int signal)
    {
        // The work ends itself, so that it can take away what it had begun to write. Whoever asks again after a while means it:
        // the work may hang in a read. (Terminals and wrappers send a signal twice at once.)
        bool isFirst = Interlocked.CompareExchange(ref _signal, signal, 0) == 0;
        context.Cancel = isFirst || Environment.TickCount64 < Volatile.Read(ref _firstAt) + Patience;
        if (isFirst)
        {
            Volatile.Write(ref _firstAt, Environment.TickCount64);
            _source.Cancel();
        }
    }
}
