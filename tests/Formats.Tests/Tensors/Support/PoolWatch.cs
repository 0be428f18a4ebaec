using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Transfuse.Formats.Tests.Tensors.Support;

/// <summary>Follows what the current thread rents from the shared array pool and returns to it, by the pool's own events.</summary>
internal sealed class PoolWatch : EventListener
{
    private const int BufferRented = 1;
    private const int BufferReturned = 3;

    // Created by the base constructor's callbacks before this class's constructor runs.
    private readonly ConcurrentDictionary<int, int> _outstanding = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public int Rented { get; private set; }

    public int Returned { get; private set; }

    public int Outstanding => _outstanding.Count;

    public long LargestRented { get; private set; }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "System.Buffers.ArrayPoolEventSource")
        {
            EnableEvents(eventSource, EventLevel.Verbose);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (Environment.CurrentManagedThreadId != _thread || eventData.Payload is not [int buffer, int size, ..])
        {
            return;
        }

        if (eventData.EventId == BufferRented)
        {
            Rented++;
            LargestRented = Math.Max(LargestRented, size);
            _outstanding.TryAdd(buffer, size);
        }
        else if (eventData.EventId == BufferReturned)
        {
            Returned++;
            _outstanding.TryRemove(buffer, out _);
        }
    }
}
