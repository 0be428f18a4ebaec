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
    private const int WideTile = 3 * Unit;

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
        for (int first = 0; first < length; first += Unit)
        {
            // From the diagonal on: one tile of 8 or 16 columns, where there are such left over, and the rest in tiles of 24.
            int rest = first + ((length - first) % WideTile);
            if (rest == first + Unit)
            {
                AddTallTile(in rows[first], in rows[first], (nuint)length, count, ref sums[(first * length) + first]);
            }

            for (int row = first; row < first + Unit; row += TileRows)
            {
                if (rest == first + (2 * Unit))
                {
                    AddTile(in rows[row], in rows[first], (nuint)length, count, ref sums[(row * length) + first]);
                }

                for (int column = rest; column < length; column += WideTile)
                {
                    AddWideTile(in rows[row], in rows[column], (nuint)length, count, ref sums[(row * length) + column]);
                }
            }
        }
    }

    // Four columns of X by twenty-four: each element that is loaded serves several products, and twelve sums wait for none of each other; with what they are
    // made of, they fill sixteen registers.
    private static void AddWideTile(ref readonly float x, ref readonly float y, nuint length, nuint count, ref double sums)
    {
        Vector256<float> s00 = default, s01 = default, s02 = default, s10 = default, s11 = default, s12 = default;
        Vector256<float> s20 = default, s21 = default, s22 = default, s30 = default, s31 = default, s32 = default;
        for (nuint i = 0, end = count * length; i < end; i += length)
        {
            Vector256<float> y0 = InnerProducts.Load256(in y, i), y1 = InnerProducts.Load256(in y, i + Unit), y2 = InnerProducts.Load256(in y, i + (2 * Unit));
            Vector256<float> value = At(in x, i);
            s00 = MultiplyAdd(value, y0, s00);
            s01 = MultiplyAdd(value, y1, s01);
            s02 = MultiplyAdd(value, y2, s02);
            value = At(in x, i + 1);
            s10 = MultiplyAdd(value, y0, s10);
            s11 = MultiplyAdd(value, y1, s11);
            s12 = MultiplyAdd(value, y2, s12);
            value = At(in x, i + 2);
            s20 = MultiplyAdd(value, y0, s20);
            s21 = MultiplyAdd(value, y1, s21);
            s22 = MultiplyAdd(value, y2, s22);
            value = At(in x, i + 3);
            s30 = MultiplyAdd(value, y0, s30);
            s31 = MultiplyAdd(value, y1, s31);
            s32 = MultiplyAdd(value, y2, s32);
        }

        Store(s00, s01, s02, ref sums);
        Store(s10, s11, s12, ref Unsafe.Add(ref sums, length));
        Store(s20, s21, s22, ref Unsafe.Add(ref sums, 2 * length));
        Store(s30, s31, s32, ref Unsafe.Add(ref sums, 3 * length));

        static void Store(Vector256<float> first, Vector256<float> second, Vector256<float> third, ref double sums)
        {
            SingleOuterProducts.Store(first, ref sums);
            SingleOuterProducts.Store(second, ref Unsafe.Add(ref sums, Unit));
            SingleOuterProducts.Store(third, ref Unsafe.Add(ref sums, 2 * Unit));
        }
    }

    // Four columns by sixteen.
    private static void AddTile(ref readonly float x, ref readonly float y, nuint length, nuint count, ref double sums)
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

    // Eight columns by eight.
    private static void AddTallTile(ref readonly float x, ref readonly float y, nuint length, nuint count, ref double sums)
    {
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        for (nuint i = 0, end = count * length; i < end; i += length)
        {
            Vector256<float> value = InnerProducts.Load256(in y, i);
            s0 = MultiplyAdd(At(in x, i), value, s0);
            s1 = MultiplyAdd(At(in x, i + 1), value, s1);
            s2 = MultiplyAdd(At(in x, i + 2), value, s2);
            s3 = MultiplyAdd(At(in x, i + 3), value, s3);
            s4 = MultiplyAdd(At(in x, i + 4), value, s4);
            s5 = MultiplyAdd(At(in x, i + 5), value, s5);
            s6 = MultiplyAdd(At(in x, i + 6), value, s6);
            s7 = MultiplyAdd(At(in x, i + 7), value, s7);
        }

        Store(s0, ref sums);
        Store(s1, ref Unsafe.Add(ref sums, length));
        Store(s2, ref Unsafe.Add(ref sums, 2 * length));
        Store(s3, ref Unsafe.Add(ref sums, 3 * length));
        Store(s4, ref Unsafe.Add(ref sums, 4 * length));
        Store(s5, ref Unsafe.Add(ref sums, 5 * length));
        Store(s6, ref Unsafe.Add(ref sums, 6 * length));
        Store(s7, ref Unsafe.Add(ref sums, 7 * length));
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
