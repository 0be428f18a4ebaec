namespace Transfuse.Conversion.Batch;

/// <summary>What became of an input.</summary>
/// <seealso cref="Transfuse.Conversion.Batch.IBatchObserver" />
public enum BatchVerdict
{
    /// <summary>What was asked was done.</summary>
    Done,

    /// <summary>An error finding stands against it; nothing was written.</summary>
    Refused,

    /// <summary>The operating system or the network failed.</summary>
    Failed,
}
