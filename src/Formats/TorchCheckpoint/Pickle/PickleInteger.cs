namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>An integer of at most 64 bits.</summary>
internal sealed class PickleInteger : PickleValue
{
    private static readonly PickleInteger[] Small = [.. Enumerable.Range(0, 256).Select(value => new PickleInteger(value))];

    private PickleInteger(long value) => Value = value;

    public long Value { get; }

    public override string Kind => "an integer";

    /// <summary>The integer; those of one byte are shared, so that they cost nothing.</summary>
    public static PickleInteger Of(long value) => value is >= 0 and < 256 ? Small[value] : new PickleInteger(value);
}
