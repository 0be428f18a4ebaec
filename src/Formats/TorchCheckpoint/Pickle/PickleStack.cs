namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>The pickle machine's stack with its marks, both bounded.</summary>
internal sealed class PickleStack(PickleReader reader, TorchRefusal refusal)
{
    private readonly List<PickleValue> _values = [];
    private readonly Stack<int> _marks = new();

    public int Count => _values.Count;

    private int Floor => _marks.TryPeek(out int mark) ? mark : 0;

    public void Push(PickleValue value)
    {
        if (_values.Count >= PickleLimits.StackDepth)
        {
            throw refusal.Because(TorchCheckpointError.LimitExceeded, null, $"The pickle's stack holds more than {PickleLimits.StackDepth} values at byte {reader.Position}.");
        }

        _values.Add(value);
    }

    public void Mark()
    {
        if (_marks.Count >= PickleLimits.Marks)
        {
            throw refusal.Because(TorchCheckpointError.LimitExceeded, null, $"The pickle nests more than {PickleLimits.Marks} marks at byte {reader.Position}.");
        }

        _marks.Push(_values.Count);
    }

    public PickleValue Peek() => _values.Count > Floor ? _values[^1] : throw Underflow();

    public PickleValue Pop()
    {
        PickleValue value = Peek();
        _values.RemoveAt(_values.Count - 1);
        return value;
    }

    /// <summary>Takes the topmost values, the deepest first.</summary>
    public PickleValue[] Pop(int count) => _values.Count - count >= Floor ? Take(_values.Count - count) : throw Underflow();

    /// <summary>Takes the values above the last mark, and the mark.</summary>
    public PickleValue[] PopToMark() => _marks.TryPop(out int mark) ? Take(mark) : throw Underflow();

    private PickleValue[] Take(int from)
    {
        PickleValue[] values = [.. System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_values)[from..]];
        _values.RemoveRange(from, values.Length);
        return values;
    }

    private TorchCheckpointException Underflow() =>
        refusal.Because(TorchCheckpointError.PickleInvalid, null, $"The pickle takes more from its stack than it holds, before byte {reader.Position}.");
}
