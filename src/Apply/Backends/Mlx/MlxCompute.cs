namespace Transfuse.Apply.Backends.Mlx;

/// <summary>In which dtype MLX computes.</summary>
/// <seealso cref="Transfuse.Apply.Backends.Mlx.MlxOptions" />
public enum MlxCompute
{
    /// <summary>float32 throughout, as the managed backend does; weights of 16 bits are widened.</summary>
    Float32,

    /// <summary>The dtype of the weights, as mlx-lm computes.</summary>
    Weights,
}
