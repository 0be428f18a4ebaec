using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx/c/memory.h: memory of MLX's allocator.</summary>
internal static unsafe partial class MemoryFunctions
{
    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_get_active_memory")]
    public static partial int GetActiveMemory(nuint* res);
}
