using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx/c/vector.h: vectors of arrays.</summary>
internal static unsafe partial class VectorFunctions
{
    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_vector_array_new_data")]
    public static partial VectorHandle NewData(ArrayHandle* data, nuint size);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_vector_array_free")]
    public static partial int Free(VectorHandle vec);
}
