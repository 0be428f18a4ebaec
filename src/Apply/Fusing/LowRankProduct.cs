using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Transfuse.Apply.Fusing;

/// <summary>Products of a tall and a wide matrix, row by row: what a low-rank adapter adds to a weight.</summary>
internal static class LowRankProduct
{
    private const int RowsAtOnce = 4;

    /// <summary>
    /// Computes rows of <c>left x right</c> in float32: each element is a chain of fused multiply-adds over the rank in ascending order, which is
    /// what BLAS libraries do for small ranks, and the same on every processor.
    /// </summary>
    /// <param name="left">(rows, rank): the rows to compute.</param>
    /// <param name="right">(rank, columns).</param>
    /// <param name="rank">The rank; at least 1.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="destination">(rows, columns).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compute(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int rank, int columns, Span<float> destination)
    {
        int rows = left.Length / rank;
        int row = 0;
        for (; row + RowsAtOnce <= rows; row += RowsAtOnce)
        {
            FourRows(left.Slice(row * rank, RowsAtOnce * rank), right, rank, columns, destination.Slice(row * columns, RowsAtOnce * columns));
        }

        for (; row < rows; row++)
        {
            OneRow(left.Slice(row * rank, rank), right, columns, destination.Slice(row * columns, columns));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int rank, int columns, Span<float> destination)
    {
        ref float factors = ref MemoryMarshal.GetReference(left);
        ref float matrix = ref MemoryMarshal.GetReference(right);
        ref float output = ref MemoryMarshal.GetReference(destination);
        int width = Vector<float>.Count;
        int column = 0;
        for (; column + (2 * width) <= columns; column += 2 * width)
        {
            Vector<float> a0 = Vector<float>.Zero, a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
            for (int k = 0; k < rank; k++)
            {
                ref float at = ref Unsafe.Add(ref matrix, (nint)((long)k * columns) + column);
                Vector<float> first = Vector.LoadUnsafe(ref at);
                Vector<float> second = Vector.LoadUnsafe(ref at, (nuint)width);
                var factor = new Vector<float>(Unsafe.Add(ref factors, k));
                a0 = Vector.FusedMultiplyAdd(factor, first, a0);
                a1 = Vector.FusedMultiplyAdd(factor, second, a1);
                factor = new Vector<float>(Unsafe.Add(ref factors, rank + k));
                b0 = Vector.FusedMultiplyAdd(factor, first, b0);
                b1 = Vector.FusedMultiplyAdd(factor, second, b1);
                factor = new Vector<float>(Unsafe.Add(ref factors, (2 * rank) + k));
                c0 = Vector.FusedMultiplyAdd(factor, first, c0);
                c1 = Vector.FusedMultiplyAdd(factor, second, c1);
                factor = new Vector<float>(Unsafe.Add(ref factors, (3 * rank) + k));
                d0 = Vector.FusedMultiplyAdd(factor, first, d0);
                d1 = Vector.FusedMultiplyAdd(factor, second, d1);
            }

            Store(a0, a1, ref Unsafe.Add(ref output, column));
            Store(b0, b1, ref Unsafe.Add(ref output, columns + column));
            Store(c0, c1, ref Unsafe.Add(ref output, (2 * columns) + column));
            Store(d0, d1, ref Unsafe.Add(ref output, (3 * columns) + column));
        }

        for (int row = 0; row < RowsAtOnce; row++)
        {
            Rest(left.Slice(row * rank, rank), right, columns, column, destination.Slice(row * columns, columns));
        }
    }

    private static void OneRow(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int columns, Span<float> destination)
    {
        int width = Vector<float>.Count;
        int column = 0;
        for (; column + width <= columns; column += width)
        {
            Vector<float> sum = Vector<float>.Zero;
            for (int k = 0; k < left.Length; k++)
            {
                sum = Vector.FusedMultiplyAdd(new Vector<float>(left[k]), new Vector<float>(right.Slice((k * columns) + column, width)), sum);
            }

            sum.CopyTo(destination[column..]);
        }

        Rest(left, right, columns, column, destination);
    }

    private static void Rest(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int columns, int column, Span<float> destination)
    {
        for (; column < columns; column++)
        {
            float sum = 0;
            for (int k = 0; k < left.Length; k++)
            {
                sum = MathF.FusedMultiplyAdd(left[k], right[(k * columns) + column], sum);
            }

            destination[column] = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector<float> first, Vector<float> second, ref float destination)
    {
        first.StoreUnsafe(ref destination);
        second.StoreUnsafe(ref destination, (nuint)Vector<float>.Count);
    }
}
