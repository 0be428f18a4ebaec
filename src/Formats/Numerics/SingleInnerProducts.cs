using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Transfuse.Formats.Numerics;

/// <summary>
/// Inner products of short pieces of many vectors, X Xᵀ, in float32, added up in double piece by piece. Of values that were stored with 16 bits the products
/// are exact, and only the sum of a piece rounds: to about 1e-7 of the product of two vectors' norms.
/// </summary>
internal static class SingleInnerProducts
{
    /// <summary>Lengths of pieces are multiples of this; counts of vectors are multiples of <see cref="InnerProducts.Unit"/>.</summary>
    public const int Unit = 8;

    private const int TileRows = 4;
    private const int TileColumns = 2;

    /// <summary>Adds the inner products of all vectors of a piece with each other.</summary>
    /// <param name="vectors">X: vectors one after the other, each of <paramref name="stride"/> elements.</param>
    /// <param name="stride">Distance between vectors.</param>
    /// <param name="length">Elements that count of each vector; a multiple of <see cref="Unit"/>.</param>
    /// <param name="sums">Square, row-major; only products on and above the diagonal are sure to be added, see <see cref="InnerProducts.Mirror"/>.</param>
    public static void Add(ReadOnlySpan<float> vectors, int stride, int length, Span<double> sums)
    {
        int count = (int)Math.Sqrt(sums.Length);
        if (count * count != sums.Length || count % InnerProducts.Unit != 0 || length % Unit != 0 || length > stride || vectors.Length < count * stride)
        {
            throw new ArgumentException($"{count} vectors of {length} elements at a distance of {stride} do not fit {vectors.Length} elements.", nameof(sums));
        }

        for (int row = 0; row < count; row += TileRows)
        {
            for (int column = row; column < count; column += TileColumns)
            {
                AddTile(in vectors[row * stride], in vectors[column * stride], (nuint)stride, (nuint)length, ref sums[(row * count) + column], (nuint)count);
            }
        }
    }

    private static void AddTile(ref readonly float x, ref readonly float y, nuint stride, nuint length, ref double sums, nuint count)
    {
        Vector256<float> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (nuint i = 0; i < length; i += Unit)
        {
            Vector256<float> y0 = InnerProducts.Load256(in y, i), y1 = InnerProducts.Load256(in y, i + stride);
            Vector256<float> x0 = InnerProducts.Load256(in x, i), x1 = InnerProducts.Load256(in x, i + stride);
            Vector256<float> x2 = InnerProducts.Load256(in x, i + (2 * stride)), x3 = InnerProducts.Load256(in x, i + (3 * stride));
            s00 = MultiplyAdd(x0, y0, s00);
            s01 = MultiplyAdd(x0, y1, s01);
            s10 = MultiplyAdd(x1, y0, s10);
            s11 = MultiplyAdd(x1, y1, s11);
            s20 = MultiplyAdd(x2, y0, s20);
            s21 = MultiplyAdd(x2, y1, s21);
            s30 = MultiplyAdd(x3, y0, s30);
            s31 = MultiplyAdd(x3, y1, s31);
        }

        Store(s00, s01, ref sums);
        Store(s10, s11, ref Unsafe.Add(ref sums, count));
        Store(s20, s21, ref Unsafe.Add(ref sums, 2 * count));
        Store(s30, s31, ref Unsafe.Add(ref sums, 3 * count));
    }

    // One rounding or two: the products of 16-bit values are exact, so that both give the same.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> sum) =>
        Fma.IsSupported ? Fma.MultiplyAdd(left, right, sum) : (left * right) + sum;

    private static void Store(Vector256<float> first, Vector256<float> second, ref double sums)
    {
        sums += Sum(first);
        Unsafe.Add(ref sums, 1) += Sum(second);
    }

    private static double Sum(Vector256<float> vector)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(vector);
        return Vector256.Sum(lower + upper);
    }
}
