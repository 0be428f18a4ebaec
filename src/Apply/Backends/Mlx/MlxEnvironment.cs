using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx;

/// <summary>What MLX reads from the environment at its first operation.</summary>
internal static partial class MlxEnvironment
{
    private const string ReducedProducts = "MLX_ENABLE_TF32";

    /// <summary>
    /// Asks for products in full float32: on CUDA, and on Metal GPUs of the M5's kind, MLX (0.31.2) otherwise multiplies with 10 bits of mantissa.
    /// Who sets the variable himself is left alone.
    /// </summary>
    public static void Prepare()
    {
        // The variables that .NET sets are its own on Unix: MLX would not see them.
        if (!OperatingSystem.IsWindows() && Environment.GetEnvironmentVariable(ReducedProducts) is null)
        {
            _ = SetVariable(ReducedProducts, "0", 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
