namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>What a pickle's stack and memo hold: descriptions of values, never the values that Python would make.</summary>
internal abstract class PickleValue
{
    /// <summary>What kind of value this is, as messages say it: "a tuple".</summary>
    public abstract string Kind { get; }
}
