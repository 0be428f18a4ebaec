using System.Buffers;
using System.Runtime.InteropServices;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Conversion.Profiles;

/// <summary>
/// The inner products of a factor's vectors where its values have 16 bits: in float32, at half the price of double. What they cannot tell well enough is for
/// <see cref="ModulePair"/>.
/// </summary>
internal static class SixteenBitProducts
{
    // Enough that adding up a block's sums in double is a small part of the work, few enough that they keep seven digits and stay in a first-level cache.
    private const int BlockRows = 128;
    private const int ReadBytes = 1 << 20;

    // Below, products lose bits in float32, and above they leave its range; both far from what trained factors have.
    private static readonly double Smallest = Math.ScaleB(1, -80), Largest = Math.ScaleB(1, 80);

    // Where a squared norm is smaller than this share of what the factors' norms could make, errors of 1e-7 would show in it.
    private static readonly double SmallestShare = Math.ScaleB(1, -9);

    /// <summary>Whether a factor's products are exact in float32.</summary>
    public static bool AreExact(LazyTensor factor) => factor.DType is DType.BF16 or DType.F16;

    /// <summary>The inner products of one factor's vectors.</summary>
    /// <param name="vectors">(r, n): r vectors of 16-bit values.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>(r, r), r rounded up to a multiple of <see cref="SingleOuterProducts.Unit"/> with zeros.</returns>
    public static Matrix Of(LazyTensor vectors, CancellationToken cancellationToken)
    {
        LazyTensor rows = vectors.Transpose();
        int rank = (int)rows.Shape[1], padded = (rank + SingleOuterProducts.Unit - 1) / SingleOuterProducts.Unit * SingleOuterProducts.Unit;
        long length = rows.Shape[0], atOnce = Math.Max(BlockRows, ReadBytes / (2L * Math.Max(1, rank)) / BlockRows * BlockRows);
        var products = new Matrix(padded, padded);
        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)Math.Min(atOnce, length) * rank * 2);
        float[] block = ArrayPool<float>.Shared.Rent(padded * BlockRows);
        try
        {
            block.AsSpan(0, padded * BlockRows).Clear();
            for (long start = 0; start < length; start += atOnce)
            {
                int count = (int)Math.Min(atOnce, length - start);
                rows.Slice(0, start, count).CopyTo(bytes.AsSpan(0, count * rank * 2), cancellationToken);
                Add(rows.DType, bytes.AsSpan(0, count * rank * 2), rank, block, products, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<float>.Shared.Return(block);
        }

        InnerProducts.Mirror(products.Values);
        return products;
    }

    /// <summary>Whether a norm that was made of such products has the digits that are shown of it.</summary>
    /// <param name="squaredNorm">||B A||², without the scale.</param>
    /// <param name="squaresOfA">Sum of the squares of A.</param>
    /// <param name="squaresOfB">Sum of the squares of B.</param>
    public static bool AreGood(double squaredNorm, double squaresOfA, double squaresOfB) =>
        IsInRange(squaresOfA) && IsInRange(squaresOfB) && squaredNorm >= SmallestShare * squaresOfA * squaresOfB;

    private static bool IsInRange(double squares) => squares >= Smallest && squares <= Largest;

    // The block is zero beyond the rank.
    private static void Add(DType dtype, ReadOnlySpan<byte> bytes, int rank, float[] block, Matrix products, CancellationToken cancellationToken)
    {
        int rowBytes = rank * 2, padded = products.Rows;
        for (int start = 0; start < bytes.Length; start += BlockRows * rowBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> rows = bytes.Slice(start, Math.Min(BlockRows * rowBytes, bytes.Length - start));
            int count = rows.Length / rowBytes;

            // Rows that need no padding are converted together.
            int together = rank == padded ? count : 1;
            for (int row = 0; row < count; row += together)
            {
                FloatConversion.Run(
                    dtype, rows.Slice(row * rowBytes, together * rowBytes), DType.F32,
                    MemoryMarshal.AsBytes(block.AsSpan(row * padded, together * rank)));
            }

            SingleOuterProducts.Add(block.AsSpan(0, count * padded), products.Values);
        }
    }
}
