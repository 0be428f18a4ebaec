using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx/c/string.h: strings.</summary>
internal static unsafe partial class StringFunctions
{
    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_string_data")]
    public static partial byte* Data(StringHandle str);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_string_free")]
    public static partial int Free(StringHandle str);
}
