using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx/c/array.h: arrays: creation, shape, contents.</summary>
internal static unsafe partial class ArrayFunctions
{
    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_array_new_data")]
    public static partial ArrayHandle NewData(void* data, int* shape, int dim, MlxDType dtype);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_array_new_float32")]
    public static partial ArrayHandle NewFloat32(float val);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_array_free")]
    public static partial int Free(ArrayHandle a);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_array_ndim")]
    public static partial nuint Ndim(ArrayHandle a);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_array_size")]
    public static partial nuint Size(ArrayHandle a);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_array_shape")]
    public static partial int* Shape(ArrayHandle a);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_array_dtype")]
    public static partial MlxDType Dtype(ArrayHandle a);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_array_data_float32")]
    public static partial float* DataFloat32(ArrayHandle a);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_array_data_int32")]
    public static partial int* DataInt32(ArrayHandle a);
}
