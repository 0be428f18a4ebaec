namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>A value that may occur in metadata but whose contents nothing here needs.</summary>
internal sealed class PickleOpaque : PickleValue
{
    private PickleOpaque(string kind) => Kind = kind;

    public static PickleOpaque Float { get; } = new("a float");

    public static PickleOpaque Bytes { get; } = new("bytes");

    public override string Kind { get; }
}
