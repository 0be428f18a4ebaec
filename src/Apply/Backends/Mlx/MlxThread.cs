using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Transfuse.Apply.Backends.Mlx.Native;

namespace Transfuse.Apply.Backends.Mlx;

/// <summary>
/// The one thread of the process that calls MLX (0.31.2 keeps streams per thread and traces without a lock). Work is done in the order in which it comes;
/// who hands it over waits. Finalizers hand over only what is to be freed.
/// </summary>
internal sealed class MlxThread
{
    // Graphs are walked by recursion in places.
    private const int StackBytes = 64 << 20;

    private readonly BlockingCollection<Action> _work = [];
    private readonly ConcurrentQueue<nint> _dropped = new();
    private readonly Thread _thread;

    private MlxThread()
    {
        _thread = new Thread(Loop, StackBytes) { IsBackground = true, Name = "MLX" };
        _thread.Start();
    }

    /// <summary>The thread.</summary>
    public static MlxThread Shared { get; } = new();

    /// <summary>Number of handles of arrays that were made and not freed: 0 when everything is let go.</summary>
    public long LiveArrays { get; private set; }

    /// <summary>Whether the caller is on it.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Does work on the thread, and gives back or throws what comes of it.</summary>
    public T Invoke<T>(Func<T> work)
    {
        if (IsCurrent)
        {
            return work();
        }

        using var done = new ManualResetEventSlim();
        T result = default!;
        ExceptionDispatchInfo? thrown = null;
        _work.Add(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception failed)
            {
                // Whatever it is belongs to the caller.
                thrown = ExceptionDispatchInfo.Capture(failed);
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
        thrown?.Throw();
        return result;
    }

    /// <summary>Counts a new handle. Only on the thread.</summary>
    public void Count() => LiveArrays++;

    /// <summary>Frees a handle. Only on the thread.</summary>
    public void Free(nint context)
    {
        LiveArrays--;
        _ = ArrayFunctions.Free(new ArrayHandle { Context = context });
    }

    /// <summary>Takes a handle that a finalizer, or another thread, lets go of: it is freed before the next work.</summary>
    public void Drop(nint context) => _dropped.Enqueue(context);

    /// <summary>Frees what was dropped. Only on the thread.</summary>
    public void FreeDropped()
    {
        while (_dropped.TryDequeue(out nint context))
        {
            Free(context);
        }
    }

    private void Loop()
    {
        foreach (Action work in _work.GetConsumingEnumerable())
        {
            FreeDropped();
            work();
        }
    }
}
