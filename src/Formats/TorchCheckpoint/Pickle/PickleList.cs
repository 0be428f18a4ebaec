namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>A list; it may contain itself.</summary>
internal sealed class PickleList : PickleValue
{
    private PickleValue[] _items = [];
    private int _count;

    public ReadOnlySpan<PickleValue> Items => _items.AsSpan(0, _count);

    public override string Kind => "a list";

    public void Add(ReadOnlySpan<PickleValue> items)
    {
        if (_items.Length - _count < items.Length)
        {
            Array.Resize(ref _items, Math.Max(_count + items.Length, 2 * _count));
        }

        items.CopyTo(_items.AsSpan(_count));
        _count += items.Length;
    }
}
