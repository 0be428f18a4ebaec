using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>
/// Transposes 8 x 8 two-byte elements in 128-bit registers. Zipping row i with row i + 4 moves the top bit of an element's row number
/// to the bottom of its column number; three rounds exchange row and column.
/// </summary>
internal readonly struct TransposeBlock8x8 : ITransposeBlock<ushort>
{
    public static bool IsSupported => VectorZip.IsSupported;

    public static int Rows => 8;

    public static int Columns => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(ref readonly ushort source, nuint sourceStride, ref ushort destination, nuint destinationStride)
    {
        Vector128<ushort> a0 = Vector128.LoadUnsafe(in source);
        Vector128<ushort> a1 = Vector128.LoadUnsafe(in source, sourceStride);
        Vector128<ushort> a2 = Vector128.LoadUnsafe(in source, 2 * sourceStride);
        Vector128<ushort> a3 = Vector128.LoadUnsafe(in source, 3 * sourceStride);
        Vector128<ushort> a4 = Vector128.LoadUnsafe(in source, 4 * sourceStride);
        Vector128<ushort> a5 = Vector128.LoadUnsafe(in source, 5 * sourceStride);
        Vector128<ushort> a6 = Vector128.LoadUnsafe(in source, 6 * sourceStride);
        Vector128<ushort> a7 = Vector128.LoadUnsafe(in source, 7 * sourceStride);

        var (b0, b1, b2, b3) = (VectorZip.Low(a0, a4), VectorZip.High(a0, a4), VectorZip.Low(a1, a5), VectorZip.High(a1, a5));
        var (b4, b5, b6, b7) = (VectorZip.Low(a2, a6), VectorZip.High(a2, a6), VectorZip.Low(a3, a7), VectorZip.High(a3, a7));
        (a0, a1, a2, a3) = (VectorZip.Low(b0, b4), VectorZip.High(b0, b4), VectorZip.Low(b1, b5), VectorZip.High(b1, b5));
        (a4, a5, a6, a7) = (VectorZip.Low(b2, b6), VectorZip.High(b2, b6), VectorZip.Low(b3, b7), VectorZip.High(b3, b7));

        VectorZip.Low(a0, a4).StoreUnsafe(ref destination);
        VectorZip.High(a0, a4).StoreUnsafe(ref destination, destinationStride);
        VectorZip.Low(a1, a5).StoreUnsafe(ref destination, 2 * destinationStride);
        VectorZip.High(a1, a5).StoreUnsafe(ref destination, 3 * destinationStride);
        VectorZip.Low(a2, a6).StoreUnsafe(ref destination, 4 * destinationStride);
        VectorZip.High(a2, a6).StoreUnsafe(ref destination, 5 * destinationStride);
        VectorZip.Low(a3, a7).StoreUnsafe(ref destination, 6 * destinationStride);
        VectorZip.High(a3, a7).StoreUnsafe(ref destination, 7 * destinationStride);
    }
}
