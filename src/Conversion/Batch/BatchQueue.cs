namespace Transfuse.Conversion.Batch;

/// <summary>
/// Hands out inputs in their order, as long as their memory fits the budget. One that must wait for memory is overtaken by smaller ones behind it, but only so
/// often: then the others wait for it.
/// </summary>
internal sealed class BatchQueue
{
    // Bytes of buffers, names and the parsed config of one adapter.
    private const long Overhead = 8 << 20;

    // How far behind the first that waits is looked, and how often that one is overtaken.
    private const int Window = 32;
    private const int MostOvertakings = 64;

    // Outcomes are told in order: no more than so many may wait for an earlier one.
    private const int MostAhead = 1024;

    private readonly object _gate = new();
    private readonly IReadOnlyList<BatchInput> _inputs;
    private readonly LinkedList<int> _waiting = [];
    private readonly long _budget;
    private readonly int _jobs;
    private int _next;
    private int _told;
    private int _running;
    private int _overtakings;
    private long _used;
    private bool _isStopped;

    public BatchQueue(IReadOnlyList<BatchInput> inputs, long budget, int jobs) => (_inputs, _budget, _jobs) = (inputs, budget, jobs);

    /// <summary>The next input to begin and how many workers it may have; <see langword="null"/> where none is left.</summary>
    public (int Index, int Workers)? Take()
    {
        lock (_gate)
        {
            while (true)
            {
                Fill();
                if (_isStopped || (_waiting.Count == 0 && _next == _inputs.Count))
                {
                    return null;
                }

                if (Choose() is { } chosen)
                {
                    if (chosen != _waiting.First)
                    {
                        _overtakings++;
                    }
                    else
                    {
                        _overtakings = 0;
                    }

                    _waiting.Remove(chosen);
                    _running++;
                    _used += NeedOf(_inputs[chosen.Value]);
                    int left = _waiting.Count + (_inputs.Count - _next) + _running;
                    return (chosen.Value, Math.Max(1, _jobs / Math.Min(_jobs, left)));
                }

                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Gives back what an input had taken.</summary>
    public void Release(int index)
    {
        lock (_gate)
        {
            _running--;
            _used -= NeedOf(_inputs[index]);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Says how many outcomes were told.</summary>
    public void Told(int count)
    {
        lock (_gate)
        {
            _told = count;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Hands out no more.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Fill()
    {
        while (_next < _inputs.Count && _waiting.Count < Window)
        {
            _waiting.AddLast(_next++);
        }
    }

    private LinkedListNode<int>? Choose()
    {
        for (LinkedListNode<int>? node = _waiting.First; node is not null; node = node.Next)
        {
            if (node.Value >= _told + MostAhead)
            {
                return null;
            }

            if (_running == 0 || _used + NeedOf(_inputs[node.Value]) <= _budget)
            {
                return node;
            }

            if (_overtakings >= MostOvertakings)
            {
                return null;
            }
        }

        return null;
    }

    // Tensors are read one by one, and the largest is in memory as it is read and as it is written.
    private static long NeedOf(BatchInput input) => Overhead + (2 * input.LargestTensor);
}
