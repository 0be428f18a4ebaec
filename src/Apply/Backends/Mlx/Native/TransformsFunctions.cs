using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx/c/transforms.h: evaluation.</summary>
internal static unsafe partial class TransformsFunctions
{
    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_async_eval")]
    public static partial int AsyncEval(VectorHandle outputs);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_eval")]
    public static partial int Eval(VectorHandle outputs);
}
