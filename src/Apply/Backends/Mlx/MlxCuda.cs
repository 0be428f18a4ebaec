namespace Transfuse.Apply.Backends.Mlx;

/// <summary>
/// What is known of CUDA and of nothing else, seen with MLX 0.31.2 (docs/cuda.md): kernels that are not in the library are compiled when they are
/// first used, with headers that must be found then, so that a device that multiplies need not be one that runs a model (<see cref="MlxProbe"/>).
/// </summary>
internal static class MlxCuda
{
    /// <summary>
    /// Whether a GPU takes matrices whose rows are one affine group to a kernel that refuses most of them (compute capability 9:
    /// "gemm.can_implement(args) failed", "6-bit quantization is not supported"). They are short: expanding them costs little.
    /// </summary>
    /// <param name="architecture">What MLX calls the GPU's architecture.</param>
    public static bool ExpandsRowsOfOneGroup(string? architecture) => architecture?.StartsWith("sm_9", StringComparison.Ordinal) == true;

    /// <summary>What a message of MLX about CUDA asks for, or <see langword="null"/>.</summary>
    public static string? Advice(string message) =>
        message.Contains("Failed to compile kernel", StringComparison.Ordinal) || message.Contains("locations of CUDA headers", StringComparison.Ordinal)
            ? "MLX compiles kernels when they are first used: CUDA_HOME must name a CUDA toolkit, and CCCL's headers must lie in include/cccl beside the lib "
                + "folder of libmlx"
        : null;
}
