namespace Transfuse.Conversion.Batch;

/// <summary>How much memory an adapter takes while it is in work.</summary>
internal static class MemoryNeed
{
    // Buffers, names and the parsed config.
    private const long Fixed = 8 << 20;

    /// <summary>Bytes: tensors are read one by one, and the largest is in memory as it is read and as it is written.</summary>
    public static long Of(BatchInput input) => Fixed + (2 * input.LargestTensor);
}
