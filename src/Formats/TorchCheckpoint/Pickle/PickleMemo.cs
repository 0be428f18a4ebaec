namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>
/// Values that the pickle comes back to, by number. Writers number them from 0 or 1 in order, so a list holds them:
/// a dictionary would let a file choose numbers that collide.
/// </summary>
internal sealed class PickleMemo(PickleReader reader, TorchRefusal refusal)
{
    private const uint MaxGap = 64;

    private readonly List<PickleValue?> _values = [];

    /// <summary>The next number in order.</summary>
    public uint Count => (uint)_values.Count;

    public PickleValue this[uint index] => index < Count && _values[(int)index] is { } value
        ? value
        : throw refusal.Because(TorchCheckpointError.PickleInvalid, null, $"the pickle fetches memo {index} before byte {reader.Position}, which it never put");

    /// <summary>Keeps a value under a number.</summary>
    /// <returns>How many slots this took, at least 1.</returns>
    public uint Put(uint index, PickleValue value)
    {
        if (index > Count + MaxGap)
        {
            throw refusal.Because(
                TorchCheckpointError.LimitExceeded, null, $"the pickle puts memo {index} before byte {reader.Position}, after only {Count} others");
        }

        uint before = Count;
        while (Count <= index)
        {
            _values.Add(null);
        }

        _values[(int)index] = value;
        return Math.Max(Count - before, 1);
    }
}
