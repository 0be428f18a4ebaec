namespace Transfuse.Apply.Backends.Mlx;

/// <summary>How a backend of MLX computes.</summary>
/// <example>
/// <code>
/// if (MlxLibrary.Find().Library is { } library)
/// {
///     using var mlx = new MlxBackend(library, new MlxOptions { OnCpu = true, Compute = MlxCompute.Weights });
/// }
/// </code>
/// </example>
public sealed record MlxOptions
{
    /// <summary>Whether to compute on the CPU, whatever else the library was built for. Default: false, the library's own default device.</summary>
    public bool OnCpu { get; init; }

    /// <summary>The dtype of the arithmetic. Default: float32.</summary>
    public MlxCompute Compute { get; init; }

    /// <summary>
    /// Whether weights stay in memory once they were read; otherwise they are let go at the end of each <see cref="ITensorBackend.Run{T}"/>, so that a
    /// model may be larger than memory. Default: true.
    /// </summary>
    public bool KeepsWeights { get; init; } = true;
}
