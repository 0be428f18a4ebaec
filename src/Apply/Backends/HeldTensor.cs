using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Backends;

/// <summary>Tensors that are computed once and kept in memory.</summary>
internal static class HeldTensor
{
    /// <summary>The same elements, in the same dtype, in memory.</summary>
    /// <exception cref="TensorTooLargeException">The array would be too large.</exception>
    public static MemoryTensor Held(this LazyTensor tensor)
    {
        if (tensor.ByteLength > Array.MaxLength)
        {
            throw new TensorTooLargeException(tensor.ByteLength);
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)tensor.ByteLength);
        tensor.CopyTo(bytes);
        return new MemoryTensor(tensor.DType, tensor.Shape, bytes);
    }
}
