using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Transfuse.Formats.Numerics;

/// <summary>Sums of inner products of short pieces of many vectors: X Yᵀ, piece by piece, in double precision.</summary>
internal static class InnerProducts
{
    /// <summary>Counts of vectors and lengths of pieces are multiples of this.</summary>
    public const int Unit = 4;

    // Tiles of four vectors of X by three of Y, or by two: each element that is loaded serves several products.
    private const int TileRows = 4;
    private const int WideTile = 3;
    private const int Tile = 2;

    /// <summary>Adds the inner products of all vectors of one piece with all of another.</summary>
    /// <param name="left">X: vectors one after the other, each of <paramref name="stride"/> elements.</param>
    /// <param name="right">Y, likewise, as many.</param>
    /// <param name="stride">Distance between vectors.</param>
    /// <param name="length">Elements that count of each vector; a multiple of <see cref="Unit"/>.</param>
    /// <param name="sums">Square, row-major: X's vectors by Y's, a multiple of <see cref="Unit"/> of each.</param>
    /// <param name="isSymmetric">Whether X is Y: then only products on and above the diagonal are sure to be added; see <see cref="Mirror"/>.</param>
    public static void Add(ReadOnlySpan<double> left, ReadOnlySpan<double> right, int stride, int length, Span<double> sums, bool isSymmetric)
    {
        int count = (int)Math.Sqrt(sums.Length);
        if (count % Unit != 0 || length % Unit != 0 || length > stride || left.Length < count * stride || right.Length < count * stride)
        {
            throw new ArgumentException(
                $"{count} vectors of {length} elements at a distance of {stride} do not fit {left.Length} and {right.Length} elements.", nameof(sums));
        }

        for (int row = 0; row < count; row += TileRows)
        {
            for (int column = isSymmetric ? row : 0, width; column < count; column += width)
            {
                ref readonly double x = ref left[row * stride], y = ref right[column * stride];
                ref double sum = ref sums[(row * count) + column];

                // Under the runtime the processor answers; code that was compiled ahead of time for older processors has the last way only.
                bool isWide = Fma.IsSupported && (count - column) % WideTile == 0;
                width = isWide ? WideTile : Tile;
                if (isWide)
                {
                    AddWideTile256(in x, in y, (nuint)stride, (nuint)length, ref sum, (nuint)count);
                }
                else if (Fma.IsSupported)
                {
                    AddTile256(in x, in y, (nuint)stride, (nuint)length, ref sum, (nuint)count);
                }
                else
                {
                    AddTile128(in x, in y, (nuint)stride, (nuint)length, ref sum, (nuint)count);
                }
            }
        }
    }

    /// <summary>Copies what lies above the diagonal below it.</summary>
    public static void Mirror(Span<double> sums)
    {
        int count = (int)Math.Sqrt(sums.Length);
        for (int row = 1; row < count; row++)
        {
            for (int column = 0; column < row; column++)
            {
                sums[(row * count) + column] = sums[(column * count) + row];
            }
        }
    }

    /// <summary>The sum of the diagonal; 0 where there are no products.</summary>
    public static double Trace(ReadOnlySpan<double> sums)
    {
        int count = (int)Math.Sqrt(sums.Length);
        double trace = 0;
        for (int i = 0; i < count; i++)
        {
            trace += sums[(i * count) + i];
        }

        return trace;
    }

    /// <summary>
    /// A vector of elements that need not be aligned. Vector256.LoadUnsafe becomes two halves where the code was compiled ahead of time for a processor without
    /// such vectors.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<T> Load256<T>(ref readonly T first, nuint index) =>
        Unsafe.ReadUnaligned<Vector256<T>>(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref Unsafe.AsRef(in first), index)));

    // Twelve sums, three vectors of Y and one of X fill sixteen registers, and none waits for another.
    private static void AddWideTile256(ref readonly double x, ref readonly double y, nuint stride, nuint length, ref double sums, nuint count)
    {
        Vector256<double> s00 = default, s01 = default, s02 = default, s10 = default, s11 = default, s12 = default;
        Vector256<double> s20 = default, s21 = default, s22 = default, s30 = default, s31 = default, s32 = default;
        for (nuint i = 0; i < length; i += Unit)
        {
            Vector256<double> y0 = Load256(in y, i), y1 = Load256(in y, i + stride), y2 = Load256(in y, i + (2 * stride)), value = Load256(in x, i);
            s00 = Fma.MultiplyAdd(value, y0, s00);
            s01 = Fma.MultiplyAdd(value, y1, s01);
            s02 = Fma.MultiplyAdd(value, y2, s02);
            value = Load256(in x, i + stride);
            s10 = Fma.MultiplyAdd(value, y0, s10);
            s11 = Fma.MultiplyAdd(value, y1, s11);
            s12 = Fma.MultiplyAdd(value, y2, s12);
            value = Load256(in x, i + (2 * stride));
            s20 = Fma.MultiplyAdd(value, y0, s20);
            s21 = Fma.MultiplyAdd(value, y1, s21);
            s22 = Fma.MultiplyAdd(value, y2, s22);
            value = Load256(in x, i + (3 * stride));
            s30 = Fma.MultiplyAdd(value, y0, s30);
            s31 = Fma.MultiplyAdd(value, y1, s31);
            s32 = Fma.MultiplyAdd(value, y2, s32);
        }

        Store(s00, s01, s02, ref sums);
        Store(s10, s11, s12, ref Unsafe.Add(ref sums, count));
        Store(s20, s21, s22, ref Unsafe.Add(ref sums, 2 * count));
        Store(s30, s31, s32, ref Unsafe.Add(ref sums, 3 * count));

        static void Store(Vector256<double> first, Vector256<double> second, Vector256<double> third, ref double sums)
        {
            InnerProducts.Store(Halves(first), Halves(second), ref sums);
            Unsafe.Add(ref sums, 2) += Vector128.Sum(Halves(third));
        }
    }

    private static void AddTile256(ref readonly double x, ref readonly double y, nuint stride, nuint length, ref double sums, nuint count)
    {
        Vector256<double> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (nuint i = 0; i < length; i += Unit)
        {
            Vector256<double> y0 = Load256(in y, i), y1 = Load256(in y, i + stride);
            Vector256<double> x0 = Load256(in x, i), x1 = Load256(in x, i + stride), x2 = Load256(in x, i + (2 * stride)), x3 = Load256(in x, i + (3 * stride));
            s00 = Fma.MultiplyAdd(x0, y0, s00);
            s01 = Fma.MultiplyAdd(x0, y1, s01);
            s10 = Fma.MultiplyAdd(x1, y0, s10);
            s11 = Fma.MultiplyAdd(x1, y1, s11);
            s20 = Fma.MultiplyAdd(x2, y0, s20);
            s21 = Fma.MultiplyAdd(x2, y1, s21);
            s30 = Fma.MultiplyAdd(x3, y0, s30);
            s31 = Fma.MultiplyAdd(x3, y1, s31);
        }

        Store(Halves(s00), Halves(s01), ref sums);
        Store(Halves(s10), Halves(s11), ref Unsafe.Add(ref sums, count));
        Store(Halves(s20), Halves(s21), ref Unsafe.Add(ref sums, 2 * count));
        Store(Halves(s30), Halves(s31), ref Unsafe.Add(ref sums, 3 * count));
    }

    /// <summary>The tile of a processor without fused multiply-add.</summary>
    internal static void AddTile128(ref readonly double x, ref readonly double y, nuint stride, nuint length, ref double sums, nuint count)
    {
        Vector128<double> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (nuint i = 0; i < length; i += 2)
        {
            Vector128<double> y0 = Vector128.LoadUnsafe(in y, i), y1 = Vector128.LoadUnsafe(in y, i + stride);
            Vector128<double> x0 = Vector128.LoadUnsafe(in x, i), x1 = Vector128.LoadUnsafe(in x, i + stride);
            Vector128<double> x2 = Vector128.LoadUnsafe(in x, i + (2 * stride)), x3 = Vector128.LoadUnsafe(in x, i + (3 * stride));
            s00 = Vector128.MultiplyAddEstimate(x0, y0, s00);
            s01 = Vector128.MultiplyAddEstimate(x0, y1, s01);
            s10 = Vector128.MultiplyAddEstimate(x1, y0, s10);
            s11 = Vector128.MultiplyAddEstimate(x1, y1, s11);
            s20 = Vector128.MultiplyAddEstimate(x2, y0, s20);
            s21 = Vector128.MultiplyAddEstimate(x2, y1, s21);
            s30 = Vector128.MultiplyAddEstimate(x3, y0, s30);
            s31 = Vector128.MultiplyAddEstimate(x3, y1, s31);
        }

        Store(s00, s01, ref sums);
        Store(s10, s11, ref Unsafe.Add(ref sums, count));
        Store(s20, s21, ref Unsafe.Add(ref sums, 2 * count));
        Store(s30, s31, ref Unsafe.Add(ref sums, 3 * count));
    }

    private static Vector128<double> Halves(Vector256<double> vector) => Avx.ExtractVector128(vector, 0) + Avx.ExtractVector128(vector, 1);

    private static void Store(Vector128<double> first, Vector128<double> second, ref double sums)
    {
        sums += Vector128.Sum(first);
        Unsafe.Add(ref sums, 1) += Vector128.Sum(second);
    }
}
