namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>True or False.</summary>
internal sealed class PickleBoolean : PickleValue
{
    private PickleBoolean()
    {
    }

    public static PickleBoolean True { get; } = new();

    public static PickleBoolean False { get; } = new();

    public override string Kind => "a boolean";

    public static PickleBoolean Of(bool value) => value ? True : False;
}
