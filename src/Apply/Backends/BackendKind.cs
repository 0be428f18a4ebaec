namespace Transfuse.Apply.Backends;

/// <summary>What a model is run on.</summary>
/// <seealso cref="Transfuse.Apply.Backends.BackendSelection" />
public enum BackendKind
{
    /// <summary>MLX on a GPU where there is one that proves itself; else the managed backend.</summary>
    Best,

    /// <summary>Managed code, anywhere.</summary>
    Managed,

    /// <summary>MLX on the library's own default device.</summary>
    Mlx,

    /// <summary>MLX on the CPU.</summary>
    MlxCpu,
}
