namespace Transfuse.Apply.Backends.Mlx;

/// <summary>MLX, or the search for it, failed. The process and the next call are fine.</summary>
/// <seealso cref="Transfuse.Apply.Backends.Mlx.MlxBackend" />
public sealed class MlxException : Exception
{
    /// <summary>A call of MLX failed.</summary>
    /// <param name="operation">Its name in MLX.</param>
    /// <param name="detail">What MLX said.</param>
    public MlxException(string operation, string detail)
        : base($"{operation}: {detail}") => (Operation, Detail) = (operation, detail);

    /// <summary>What failed: an operation of MLX, or the file that was tried.</summary>
    public string Operation { get; }

    /// <summary>What was said about it.</summary>
    public string Detail { get; }
}
