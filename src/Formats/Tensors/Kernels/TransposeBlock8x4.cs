using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>
/// Transposes 8 x 4 four-byte elements in 256-bit registers: the lower lanes hold rows 0 to 3, the upper lanes rows 4 to 7,
/// and each lane does what <see cref="TransposeBlock4x4"/> does.
/// </summary>
internal readonly struct TransposeBlock8x4 : ITransposeBlock<uint>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Rows => 8;

    public static int Columns => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(ref readonly uint source, nuint sourceStride, ref uint destination, nuint destinationStride)
    {
        Vector256<uint> a0 = LoadRowPair(in source, 0, sourceStride);
        Vector256<uint> a1 = LoadRowPair(in source, 1, sourceStride);
        Vector256<uint> a2 = LoadRowPair(in source, 2, sourceStride);
        Vector256<uint> a3 = LoadRowPair(in source, 3, sourceStride);

        var (b0, b1, b2, b3) = (Avx2.UnpackLow(a0, a2), Avx2.UnpackHigh(a0, a2), Avx2.UnpackLow(a1, a3), Avx2.UnpackHigh(a1, a3));

        Avx2.UnpackLow(b0, b2).StoreUnsafe(ref destination);
        Avx2.UnpackHigh(b0, b2).StoreUnsafe(ref destination, destinationStride);
        Avx2.UnpackLow(b1, b3).StoreUnsafe(ref destination, 2 * destinationStride);
        Avx2.UnpackHigh(b1, b3).StoreUnsafe(ref destination, 3 * destinationStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> LoadRowPair(ref readonly uint source, nuint row, nuint stride) =>
        Vector256.Create(Vector128.LoadUnsafe(in source, row * stride), Vector128.LoadUnsafe(in source, (row + 4) * stride));
}
