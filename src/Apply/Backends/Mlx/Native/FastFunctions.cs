using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx/c/fast.h: operations in one kernel.</summary>
internal static unsafe partial class FastFunctions
{
    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_fast_layer_norm")]
    public static partial int LayerNorm(ArrayHandle* result, ArrayHandle x, ArrayHandle weight, ArrayHandle bias, float eps, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_fast_rms_norm")]
    public static partial int RmsNorm(ArrayHandle* result, ArrayHandle x, ArrayHandle weight, float eps, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_fast_rope")]
    public static partial int Rope(
        ArrayHandle* result, ArrayHandle x, int dims, byte traditional, OptionalSingle @base, float scale, int offset, ArrayHandle freqs, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_fast_scaled_dot_product_attention")]
    public static partial int ScaledDotProductAttention(
        ArrayHandle* result, ArrayHandle queries, ArrayHandle keys, ArrayHandle values, float scale, byte* maskMode, ArrayHandle maskArr, ArrayHandle sinks,
        StreamHandle stream);
}
