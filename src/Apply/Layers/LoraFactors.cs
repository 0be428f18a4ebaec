using Transfuse.Apply.Backends;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Layers;

/// <summary>Factors of an adapter as weights of a backend, held in memory in float32.</summary>
internal static class LoraFactors
{
    /// <summary>A factor, or its transpose.</summary>
    public static BackendWeight Open(ITensorBackend backend, string name, LazyTensor factor, bool transposed = false) =>
        backend.Open(new WeightSource(name, Hold(transposed ? factor.Transpose() : factor)));

    /// <summary>A tensor's values in memory, in float32.</summary>
    public static MemoryTensor Hold(LazyTensor tensor)
    {
        LazyTensor values = tensor.Cast(DType.F32);
        byte[] bytes = new byte[checked((int)values.ByteLength)];
        values.CopyTo(bytes);
        return new MemoryTensor(DType.F32, values.Shape, bytes);
    }
}
