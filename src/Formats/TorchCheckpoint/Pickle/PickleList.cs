namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>A list; it may contain itself.</summary>
internal sealed class PickleList : PickleValue
{
    private List<PickleValue>? _items;

    public IReadOnlyList<PickleValue> Items => _items ?? [];

    public override string Kind => "a list";

    public void Add(ReadOnlySpan<PickleValue> items) => (_items ??= []).AddRange(items);
}
