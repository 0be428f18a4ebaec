using System.Runtime.ExceptionServices;

namespace Transfuse.Formats.Work;

/// <summary>Work on numbered items, in order of their numbers, by a few workers.</summary>
internal static class ParallelWork
{
    /// <summary>Runs every item once. The first exception ends the work and is thrown as it is, not wrapped.</summary>
    /// <param name="count">How many items there are.</param>
    /// <param name="workers">How many run at a time; with 1 or less, all run on the caller's thread.</param>
    /// <param name="work">What to do with an item's number.</param>
    /// <param name="cancellationToken">Ends the work before the next item.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Run(int count, int workers, Action<int> work, CancellationToken cancellationToken = default)
    {
        workers = Math.Max(1, workers);
        int next = -1;
        ExceptionDispatchInfo? failure = null;
        Parallel.For(0, Math.Min(count, workers), new ParallelOptions { MaxDegreeOfParallelism = workers }, _ =>
        {
            int item;
            while (Volatile.Read(ref failure) is null && (item = Interlocked.Increment(ref next)) < count)
            {
                try
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    work(item);
                }
                catch (Exception exception)
                {
                    Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
                }
            }
        });
        failure?.Throw();
    }
}
