using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Transfuse.Conversion.LinearAlgebra;

/// <summary>Sums of inner products of short pieces of many vectors: X Yᵀ, piece by piece, in double precision.</summary>
internal static class InnerProducts
{
    /// <summary>Counts of vectors and lengths of pieces are multiples of this.</summary>
    public const int Unit = 4;

    // A tile of so many vectors of X by so many of Y: each element that is loaded serves several products.
    private const int TileRows = 4;
    private const int TileColumns = 2;

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
            throw new ArgumentException($"{count} vectors of {length} elements at a distance of {stride} do not fit {left.Length} and {right.Length} elements.", nameof(sums));
        }

        for (int row = 0; row < count; row += TileRows)
        {
            for (int column = isSymmetric ? row : 0; column < count; column += TileColumns)
            {
                AddTile(in left[row * stride], in right[column * stride], (nuint)stride, (nuint)length, ref sums[(row * count) + column], (nuint)count);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTile(ref readonly double x, ref readonly double y, nuint stride, nuint length, ref double sums, nuint count)
    {
        Vector256<double> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (nuint i = 0; i < length; i += Unit)
        {
            var y0 = Vector256.LoadUnsafe(in y, i);
            var y1 = Vector256.LoadUnsafe(in y, i + stride);
            var x0 = Vector256.LoadUnsafe(in x, i);
            s00 = Vector256.MultiplyAddEstimate(x0, y0, s00);
            s01 = Vector256.MultiplyAddEstimate(x0, y1, s01);
            var x1 = Vector256.LoadUnsafe(in x, i + stride);
            s10 = Vector256.MultiplyAddEstimate(x1, y0, s10);
            s11 = Vector256.MultiplyAddEstimate(x1, y1, s11);
            var x2 = Vector256.LoadUnsafe(in x, i + (2 * stride));
            s20 = Vector256.MultiplyAddEstimate(x2, y0, s20);
            s21 = Vector256.MultiplyAddEstimate(x2, y1, s21);
            var x3 = Vector256.LoadUnsafe(in x, i + (3 * stride));
            s30 = Vector256.MultiplyAddEstimate(x3, y0, s30);
            s31 = Vector256.MultiplyAddEstimate(x3, y1, s31);
        }

        Store(s00, s01, ref sums);
        Store(s10, s11, ref Unsafe.Add(ref sums, count));
        Store(s20, s21, ref Unsafe.Add(ref sums, 2 * count));
        Store(s30, s31, ref Unsafe.Add(ref sums, 3 * count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<double> first, Vector256<double> second, ref double sums)
    {
        sums += Vector256.Sum(first);
        Unsafe.Add(ref sums, 1) += Vector256.Sum(second);
    }
}
