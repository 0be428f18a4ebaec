namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>
/// Bounds on what a pickle may ask for. A pickle of PEFT spends about 270 bytes, 14 objects and 12 memo entries on a tensor;
/// the largest adapters have some 100,000 tensors.
/// </summary>
internal static class PickleLimits
{
    /// <summary>Bytes of one pickle.</summary>
    public const long Length = 64L << 20;

    /// <summary>Values on the stack; writers of dictionaries push 2,000 at a time.</summary>
    public const int StackDepth = 1 << 16;

    /// <summary>Open marks; tensors in a dictionary need 3.</summary>
    public const int Marks = 64;

    /// <summary>Bytes of a string.</summary>
    public const int StringLength = 16 << 10;

    /// <summary>Bytes of a line that names a module or a global.</summary>
    public const int LineLength = 512;

    /// <summary>Dimensions of a tensor, as in PyTorch.</summary>
    public const int Dimensions = 64;

    /// <summary>Objects and memo entries that a pickle in a file of this many bytes may make.</summary>
    public static long Objects(long fileLength) => 1_000 + (Math.Min(fileLength, Length) / 3);
}
