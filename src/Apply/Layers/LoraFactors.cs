using Transfuse.Apply.Backends;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Layers;

/// <summary>Factors of an adapter as weights of a backend, held in memory in the dtype that they are stored in.</summary>
internal static class LoraFactors
{
    /// <summary>A factor, or its transpose.</summary>
    public static BackendWeight Open(ITensorBackend backend, string name, LazyTensor factor, bool transposed = false) =>
        backend.Open(new WeightSource(name, (transposed ? factor.Transpose() : factor).Held()));

    /// <summary>A factor that mlx-lm keeps as the transpose of what a weight is: (in, out).</summary>
    public static BackendWeight OpenColumns(ITensorBackend backend, string name, LazyTensor factor) =>
        backend.Open(new WeightSource(name, factor.Held()) { ColumnMajor = true });

    /// <summary>A factor as an array that lies as mlx-lm's does.</summary>
    public static BackendArray ReadColumns(ITensorBackend backend, LazyTensor factor) => backend.Permute(backend.Read(factor.Transpose()), 1, 0);
}
