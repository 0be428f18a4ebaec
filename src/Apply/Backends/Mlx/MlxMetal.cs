namespace Transfuse.Apply.Backends.Mlx;

/// <summary>
/// What is known of Metal and of nothing else, read in MLX 0.31.2 and not run (docs/metal.md):
/// a library built with Metal opens the GPU and its <c>mlx.metallib</c> at the first array, even for work on the CPU; a stream of the GPU
/// belongs to the thread that made it; float64 is refused; an error inside a command buffer ends the process; whether a GPU is there is
/// answered as the library was built, so that only a computation proves it (<see cref="MlxProbe"/>).
/// </summary>
internal static class MlxMetal
{
    /// <summary>The key of the memory that a GPU can use without the system taking it back.</summary>
    public static ReadOnlySpan<byte> WorkingSet => "max_recommended_working_set_size"u8;

    /// <summary>What a message of MLX about Metal asks for, or <see langword="null"/>.</summary>
    public static string? Advice(string message) =>
        message.Contains("metallib", StringComparison.Ordinal)
            ? "mlx.metallib must lie beside libmlx.dylib, of the same version; installing mlx again puts it there"
        : message.Contains(
            "No Metal device",
            StringComparison.Ordinal) ? "this session has no GPU (a sandbox, a virtual machine, a connection without a screen); use --backend managed"
        : null;
}
