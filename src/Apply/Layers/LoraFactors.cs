using Transfuse.Apply.Backends;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Layers;

/// <summary>Factors of an adapter as weights of a backend, held in memory in the dtype that they are stored in.</summary>
internal static class LoraFactors
{
    /// <summary>A factor, or its transpose.</summary>
    public static BackendWeight Open(ITensorBackend backend, string name, LazyTensor factor, bool transposed = false) =>
        backend.Open(new WeightSource(name, (transposed ? factor.Transpose() : factor).Held()));
}
