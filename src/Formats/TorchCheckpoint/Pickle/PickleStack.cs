namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>The pickle machine's stack with its marks, both bounded.</summary>
internal sealed class PickleStack(PickleReader reader, TorchRefusal refusal)
{
    private readonly Stack<int> _marks = new();
    private PickleValue[] _values = new PickleValue[16];
    private int _count;

    public bool IsEmpty => _count == 0 && _marks.Count == 0;

    private int Floor => _marks.TryPeek(out int mark) ? mark : 0;

    public void Push(PickleValue value)
    {
        if (_count == PickleLimits.StackDepth)
        {
            throw refusal.Because(
                TorchCheckpointError.LimitExceeded, null, $"the pickle's stack holds more than {PickleLimits.StackDepth} values at byte {reader.Position}");
        }

        if (_count == _values.Length)
        {
            Array.Resize(ref _values, 2 * _count);
        }

        _values[_count++] = value;
    }

    public void Mark()
    {
        if (_marks.Count == PickleLimits.Marks)
        {
            throw refusal.Because(TorchCheckpointError.LimitExceeded, null, $"the pickle nests more than {PickleLimits.Marks} marks at byte {reader.Position}");
        }

        _marks.Push(_count);
    }

    public PickleValue Peek() => _count > Floor ? _values[_count - 1] : throw Underflow();

    public PickleValue Pop() => Pop(1)[0];

    /// <summary>Takes the topmost values, the deepest first; valid until the next push.</summary>
    public ReadOnlySpan<PickleValue> Pop(int count) => _count - count >= Floor ? Take(_count - count) : throw Underflow();

    /// <summary>Takes the values above the last mark, and the mark; valid until the next push.</summary>
    public ReadOnlySpan<PickleValue> PopToMark() => _marks.TryPop(out int mark) ? Take(mark) : throw Underflow();

    private ReadOnlySpan<PickleValue> Take(int from)
    {
        ReadOnlySpan<PickleValue> values = _values.AsSpan(from, _count - from);
        _count = from;
        return values;
    }

    private TorchCheckpointException Underflow() =>
        refusal.Because(TorchCheckpointError.PickleInvalid, null, $"the pickle takes more from its stack than it holds, before byte {reader.Position}");
}
