using Transfuse.Apply.Backends;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Layers;

/// <summary>Factors of an adapter as weights of a backend, held in memory in the dtype that they are stored in.</summary>
internal static class LoraFactors
{
    /// <summary>A factor, or its transpose.</summary>
    public static BackendWeight Open(ITensorBackend backend, string name, LazyTensor factor, bool transposed = false) =>
        backend.Open(new WeightSource(name, (transposed ? factor.Transpose() : factor).Held()));

    /// <summary>y + scale * delta, in the dtype of y, whatever the factors are stored in (mlx-lm 0.32.0, <c>LoRALinear</c>).</summary>
    public static BackendArray Added(ITensorBackend backend, BackendArray y, BackendArray delta, float scale) =>
        backend.Add(y, backend.CastLike(backend.Affine(delta, scale, 0), y));
}
