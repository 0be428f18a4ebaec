namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>A string.</summary>
internal sealed class PickleString(string value) : PickleValue
{
    public string Value { get; } = value;

    public override string Kind => "a string";
}
