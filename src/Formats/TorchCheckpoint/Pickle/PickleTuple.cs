namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>A tuple. Its items may contain each other many times over: whoever walks it looks at a fixed number of levels.</summary>
internal sealed class PickleTuple(params ReadOnlySpan<PickleValue> items) : PickleValue
{
    private readonly PickleValue[] _items = [.. items];

    public static PickleTuple Empty { get; } = new();

    public ReadOnlySpan<PickleValue> Items => _items;

    public override string Kind => "a tuple";
}
