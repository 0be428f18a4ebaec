namespace Transfuse.Formats.TorchCheckpoint.Pickle;

internal sealed class PickleString(string value) : PickleValue
{
    public string Value { get; } = value;

    public override string Kind => "a string";
}
