using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Transfuse.Formats.Numerics;

/// <summary>
/// Outer products of short rows with themselves, Xᵀ X, in float32, added up in double block by block. Of values that were stored with 16 bits the products
/// are exact, and only the sum over a block rounds: to about 1e-7 of the product of two columns' norms.
/// </summary>
internal static class SingleOuterProducts
{
    /// <summary>Lengths of rows are multiples of this.</summary>
    public const int Unit = 8;

    private const int TileRows = 4;

    /// <summary>Adds the outer products of a block's rows.</summary>
    /// <param name="rows">X: rows one after the other, of as many elements as <paramref name="sums"/> has columns.</param>
    /// <param name="sums">Square, row-major; only products on and above the diagonal are sure to be added, see <see cref="InnerProducts.Mirror"/>.</param>
    public static void Add(ReadOnlySpan<float> rows, Span<double> sums)
    {
        int length = (int)Math.Sqrt(sums.Length);
        if (length * length != sums.Length || length % Unit != 0 || (length == 0 ? !rows.IsEmpty : rows.Length % length != 0))
        {
            throw new ArgumentException($"{rows.Length} elements are no rows of which {sums.Length} sums can be made.", nameof(sums));
        }

        if (rows.IsEmpty)
        {
            return;
        }

        nuint count = (nuint)(rows.Length / length);
        for (int row = 0; row < length; row += TileRows)
        {
            int column = row / Unit * Unit;
            for (; column + (2 * Unit) <= length; column += 2 * Unit)
            {
                AddWideTile(in rows[row], in rows[column], (nuint)length, count, ref sums[(row * length) + column]);
            }

            if (column < length)
            {
                AddTile(in rows[row], in rows[column], (nuint)length, count, ref sums[(row * length) + column]);
            }
        }
    }

    // Four columns of X by sixteen: each element that is loaded serves several products, and eight sums wait for none of each other.
    private static void AddWideTile(ref readonly float x, ref readonly float y, nuint length, nuint count, ref double sums)
    {
        Vector256<float> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (nuint i = 0, end = count * length; i < end; i += length)
        {
            Vector256<float> y0 = InnerProducts.Load256(in y, i), y1 = InnerProducts.Load256(in y, i + Unit);
            Vector256<float> x0 = At(in x, i), x1 = At(in x, i + 1);
            s00 = MultiplyAdd(x0, y0, s00);
            s01 = MultiplyAdd(x0, y1, s01);
            s10 = MultiplyAdd(x1, y0, s10);
            s11 = MultiplyAdd(x1, y1, s11);
            Vector256<float> x2 = At(in x, i + 2), x3 = At(in x, i + 3);
            s20 = MultiplyAdd(x2, y0, s20);
            s21 = MultiplyAdd(x2, y1, s21);
            s30 = MultiplyAdd(x3, y0, s30);
            s31 = MultiplyAdd(x3, y1, s31);
        }

        Store(s00, ref sums);
        Store(s01, ref Unsafe.Add(ref sums, Unit));
        Store(s10, ref Unsafe.Add(ref sums, length));
        Store(s11, ref Unsafe.Add(ref sums, length + Unit));
        Store(s20, ref Unsafe.Add(ref sums, 2 * length));
        Store(s21, ref Unsafe.Add(ref sums, (2 * length) + Unit));
        Store(s30, ref Unsafe.Add(ref sums, 3 * length));
        Store(s31, ref Unsafe.Add(ref sums, (3 * length) + Unit));
    }

    private static void AddTile(ref readonly float x, ref readonly float y, nuint length, nuint count, ref double sums)
    {
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
        for (nuint i = 0, end = count * length; i < end; i += length)
        {
            Vector256<float> value = InnerProducts.Load256(in y, i);
            s0 = MultiplyAdd(At(in x, i), value, s0);
            s1 = MultiplyAdd(At(in x, i + 1), value, s1);
            s2 = MultiplyAdd(At(in x, i + 2), value, s2);
            s3 = MultiplyAdd(At(in x, i + 3), value, s3);
        }

        Store(s0, ref sums);
        Store(s1, ref Unsafe.Add(ref sums, length));
        Store(s2, ref Unsafe.Add(ref sums, 2 * length));
        Store(s3, ref Unsafe.Add(ref sums, 3 * length));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> At(ref readonly float x, nuint index) => Vector256.Create(Unsafe.Add(ref Unsafe.AsRef(in x), index));

    // One rounding or two: the products of 16-bit values are exact, so that both give the same.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> sum) =>
        Fma.IsSupported ? Fma.MultiplyAdd(left, right, sum) : (left * right) + sum;

    private static void Store(Vector256<float> values, ref double sums)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(values);
        (InnerProducts.Load256(in sums, 0) + lower).StoreUnsafe(ref sums);
        (InnerProducts.Load256(in sums, 4) + upper).StoreUnsafe(ref sums, 4);
    }
}
