using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Transfuse.Apply.Fusing;

/// <summary>Products of a tall and a wide matrix, row by row: what a low-rank adapter adds to a weight.</summary>
internal static class LowRankProduct
{
    private const int RowsAtOnce = 4;

    /// <summary>A vector of float32 with the processor's own fused multiply-add, which .NET's vectors of any size may only imitate, slowly.</summary>
    private interface ILanes<TVector>
        where TVector : struct
    {
        static abstract int Count { get; }

        static abstract TVector Create(float value);

        static abstract TVector Load(ref float source, nuint offset);

        static abstract TVector MultiplyAdd(TVector left, TVector right, TVector sum);

        static abstract TVector Add(TVector left, TVector right);

        static abstract void Store(TVector value, ref float destination, nuint offset);
    }

    /// <summary>
    /// Computes rows of <c>left x right</c> in float32: each element is a chain of fused multiply-adds over the rank in ascending order, which is
    /// what BLAS libraries do for small ranks, and the same on every processor.
    /// </summary>
    /// <param name="left">(rows, rank): the rows to compute.</param>
    /// <param name="right">(rank, columns).</param>
    /// <param name="rank">The rank; at least 1.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="adds">Whether the product is added to what the destination holds, instead of replacing it.</param>
    /// <param name="destination">(rows, columns).</param>
    public static void Compute(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int rank, int columns, bool adds, Span<float> destination)
    {
        int rows = left.Length / rank;
        int row = 0;
        for (; row + RowsAtOnce <= rows; row += RowsAtOnce)
        {
            ReadOnlySpan<float> factors = left.Slice(row * rank, RowsAtOnce * rank);
            Span<float> output = destination.Slice(row * columns, RowsAtOnce * columns);
            int done = Fma.IsSupported ? FourRows<Lanes256, Vector256<float>>(factors, right, rank, columns, adds, output)
                : AdvSimd.IsSupported ? FourRows<Lanes128, Vector128<float>>(factors, right, rank, columns, adds, output)
                : 0;
            for (int rest = 0; rest < RowsAtOnce; rest++)
            {
                OneRow(factors.Slice(rest * rank, rank), right, columns, done, adds, output.Slice(rest * columns, columns));
            }
        }

        for (; row < rows; row++)
        {
            OneRow(left.Slice(row * rank, rank), right, columns, 0, adds, destination.Slice(row * columns, columns));
        }
    }

    // Four rows by two vectors at a time: eight sums stay in registers, and each value of the wide matrix is loaded once for four rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int FourRows<TLanes, TVector>(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int rank, int columns, bool adds, Span<float> destination)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref float factors = ref MemoryMarshal.GetReference(left);
        ref float matrix = ref MemoryMarshal.GetReference(right);
        ref float output = ref MemoryMarshal.GetReference(destination);
        int width = TLanes.Count;
        int column = 0;
        for (; column + (2 * width) <= columns; column += 2 * width)
        {
            TVector a0 = TLanes.Create(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
            nuint at = (nuint)column;
            for (int k = 0; k < rank; k++, at += (nuint)columns)
            {
                TVector first = TLanes.Load(ref matrix, at);
                TVector second = TLanes.Load(ref matrix, at + (nuint)width);
                TVector factor = TLanes.Create(Unsafe.Add(ref factors, k));
                a0 = TLanes.MultiplyAdd(factor, first, a0);
                a1 = TLanes.MultiplyAdd(factor, second, a1);
                factor = TLanes.Create(Unsafe.Add(ref factors, rank + k));
                b0 = TLanes.MultiplyAdd(factor, first, b0);
                b1 = TLanes.MultiplyAdd(factor, second, b1);
                factor = TLanes.Create(Unsafe.Add(ref factors, (2 * rank) + k));
                c0 = TLanes.MultiplyAdd(factor, first, c0);
                c1 = TLanes.MultiplyAdd(factor, second, c1);
                factor = TLanes.Create(Unsafe.Add(ref factors, (3 * rank) + k));
                d0 = TLanes.MultiplyAdd(factor, first, d0);
                d1 = TLanes.MultiplyAdd(factor, second, d1);
            }

            Put<TLanes, TVector>(a0, a1, adds, ref output, (nuint)column);
            Put<TLanes, TVector>(b0, b1, adds, ref output, (nuint)(columns + column));
            Put<TLanes, TVector>(c0, c1, adds, ref output, (nuint)((2 * columns) + column));
            Put<TLanes, TVector>(d0, d1, adds, ref output, (nuint)((3 * columns) + column));
        }

        return column;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<TLanes, TVector>(TVector first, TVector second, bool adds, ref float destination, nuint offset)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        nuint next = offset + (nuint)TLanes.Count;
        TLanes.Store(adds ? TLanes.Add(TLanes.Load(ref destination, offset), first) : first, ref destination, offset);
        TLanes.Store(adds ? TLanes.Add(TLanes.Load(ref destination, next), second) : second, ref destination, next);
    }

    private static void OneRow(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int columns, int column, bool adds, Span<float> destination)
    {
        for (; column < columns; column++)
        {
            float sum = 0;
            for (int k = 0; k < left.Length; k++)
            {
                sum = MathF.FusedMultiplyAdd(left[k], right[(k * columns) + column], sum);
            }

            destination[column] = adds ? destination[column] + sum : sum;
        }
    }

    private readonly struct Lanes256 : ILanes<Vector256<float>>
    {
        public static int Count => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Create(float value) => Vector256.Create(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Load(ref float source, nuint offset) => Vector256.LoadUnsafe(ref source, offset);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> sum) => Fma.MultiplyAdd(left, right, sum);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => Avx.Add(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector256<float> value, ref float destination, nuint offset) => value.StoreUnsafe(ref destination, offset);
    }

    private readonly struct Lanes128 : ILanes<Vector128<float>>
    {
        public static int Count => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Create(float value) => Vector128.Create(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Load(ref float source, nuint offset) => Vector128.LoadUnsafe(ref source, offset);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> sum) =>
            AdvSimd.FusedMultiplyAdd(sum, left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => AdvSimd.Add(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector128<float> value, ref float destination, nuint offset) => value.StoreUnsafe(ref destination, offset);
    }
}
