using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx/c/version.h: the version of MLX.</summary>
internal static unsafe partial class VersionFunctions
{
    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_version")]
    public static partial int Version(StringHandle* str);
}
