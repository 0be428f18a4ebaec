using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx/c/stream.h: streams.</summary>
internal static unsafe partial class StreamFunctions
{
    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_default_cpu_stream_new")]
    public static partial StreamHandle DefaultCpuStreamNew();

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_default_gpu_stream_new")]
    public static partial StreamHandle DefaultGpuStreamNew();
}
