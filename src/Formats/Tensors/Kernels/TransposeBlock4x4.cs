using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>Transposes 4 x 4 four-byte elements in 128-bit registers, by two rounds of zipping row i with row i + 2.</summary>
internal readonly struct TransposeBlock4x4 : ITransposeBlock<uint>
{
    public static bool IsSupported => VectorZip.IsSupported;

    public static int Rows => 4;

    public static int Columns => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(ref readonly uint source, nuint sourceStride, ref uint destination, nuint destinationStride)
    {
        Vector128<uint> a0 = Vector128.LoadUnsafe(in source);
        Vector128<uint> a1 = Vector128.LoadUnsafe(in source, sourceStride);
        Vector128<uint> a2 = Vector128.LoadUnsafe(in source, 2 * sourceStride);
        Vector128<uint> a3 = Vector128.LoadUnsafe(in source, 3 * sourceStride);

        var (b0, b1, b2, b3) = (VectorZip.Low(a0, a2), VectorZip.High(a0, a2), VectorZip.Low(a1, a3), VectorZip.High(a1, a3));

        VectorZip.Low(b0, b2).StoreUnsafe(ref destination);
        VectorZip.High(b0, b2).StoreUnsafe(ref destination, destinationStride);
        VectorZip.Low(b1, b3).StoreUnsafe(ref destination, 2 * destinationStride);
        VectorZip.High(b1, b3).StoreUnsafe(ref destination, 3 * destinationStride);
    }
}
