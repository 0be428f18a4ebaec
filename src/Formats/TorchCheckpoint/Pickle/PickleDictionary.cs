namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>A dict or an OrderedDict with string keys; it may contain itself.</summary>
internal sealed class PickleDictionary(bool ordered) : PickleValue
{
    private Dictionary<string, PickleValue>? _items;

    public IReadOnlyDictionary<string, PickleValue> Items => _items ??= [];

    public bool IsEmpty => _items is null or { Count: 0 };

    /// <summary>Whether it is an OrderedDict, whose state <c>BUILD</c> may set.</summary>
    public bool IsOrdered { get; } = ordered;

    public override string Kind => IsOrdered ? "an OrderedDict" : "a dict";

    /// <summary>Adds an item; false where the key is taken.</summary>
    public bool TryAdd(string key, PickleValue value) => (_items ??= new(StringComparer.Ordinal)).TryAdd(key, value);
}
