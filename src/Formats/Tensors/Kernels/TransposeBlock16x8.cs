using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>
/// Transposes 16 x 8 two-byte elements in 256-bit registers: the lower lanes hold rows 0 to 7, the upper lanes rows 8 to 15,
/// and each lane does what <see cref="TransposeBlock8x8"/> does.
/// </summary>
internal readonly struct TransposeBlock16x8 : ITransposeBlock<ushort>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Rows => 16;

    public static int Columns => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(ref readonly ushort source, nuint sourceStride, ref ushort destination, nuint destinationStride)
    {
        Vector256<ushort> a0 = LoadRowPair(in source, 0, sourceStride);
        Vector256<ushort> a1 = LoadRowPair(in source, 1, sourceStride);
        Vector256<ushort> a2 = LoadRowPair(in source, 2, sourceStride);
        Vector256<ushort> a3 = LoadRowPair(in source, 3, sourceStride);
        Vector256<ushort> a4 = LoadRowPair(in source, 4, sourceStride);
        Vector256<ushort> a5 = LoadRowPair(in source, 5, sourceStride);
        Vector256<ushort> a6 = LoadRowPair(in source, 6, sourceStride);
        Vector256<ushort> a7 = LoadRowPair(in source, 7, sourceStride);

        var (b0, b1, b2, b3) = (Avx2.UnpackLow(a0, a4), Avx2.UnpackHigh(a0, a4), Avx2.UnpackLow(a1, a5), Avx2.UnpackHigh(a1, a5));
        var (b4, b5, b6, b7) = (Avx2.UnpackLow(a2, a6), Avx2.UnpackHigh(a2, a6), Avx2.UnpackLow(a3, a7), Avx2.UnpackHigh(a3, a7));
        (a0, a1, a2, a3) = (Avx2.UnpackLow(b0, b4), Avx2.UnpackHigh(b0, b4), Avx2.UnpackLow(b1, b5), Avx2.UnpackHigh(b1, b5));
        (a4, a5, a6, a7) = (Avx2.UnpackLow(b2, b6), Avx2.UnpackHigh(b2, b6), Avx2.UnpackLow(b3, b7), Avx2.UnpackHigh(b3, b7));

        Avx2.UnpackLow(a0, a4).StoreUnsafe(ref destination);
        Avx2.UnpackHigh(a0, a4).StoreUnsafe(ref destination, destinationStride);
        Avx2.UnpackLow(a1, a5).StoreUnsafe(ref destination, 2 * destinationStride);
        Avx2.UnpackHigh(a1, a5).StoreUnsafe(ref destination, 3 * destinationStride);
        Avx2.UnpackLow(a2, a6).StoreUnsafe(ref destination, 4 * destinationStride);
        Avx2.UnpackHigh(a2, a6).StoreUnsafe(ref destination, 5 * destinationStride);
        Avx2.UnpackLow(a3, a7).StoreUnsafe(ref destination, 6 * destinationStride);
        Avx2.UnpackHigh(a3, a7).StoreUnsafe(ref destination, 7 * destinationStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> LoadRowPair(ref readonly ushort source, nuint row, nuint stride) =>
        Vector256.Create(Vector128.LoadUnsafe(in source, row * stride), Vector128.LoadUnsafe(in source, (row + 8) * stride));
}
