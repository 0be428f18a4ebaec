namespace Transfuse.Formats.TorchCheckpoint.Pickle;

internal sealed class PickleNone : PickleValue
{
    private PickleNone()
    {
    }

    public static PickleNone Instance { get; } = new();

    public override string Kind => "None";
}
