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
    private const int BlockRows = 96;

    // What is read in one run stays in a second-level cache; of vectors that lie one after the other, every run costs a call, and longer ones are worth it.
    private const int RowBytes = 1 << 17, VectorBytes = 1 << 20;

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
        bool byVectors = vectors.SupportsRanges;
        int rank = (int)rows.Shape[1], padded = (rank + SingleOuterProducts.Unit - 1) / SingleOuterProducts.Unit * SingleOuterProducts.Unit;
        var products = new Matrix(padded, padded);
        if (rank == 0)
        {
            return products;
        }

        long length = rows.Shape[0], atOnce = Math.Max(BlockRows, (byVectors ? VectorBytes : RowBytes) / (2L * rank) / BlockRows * BlockRows);
        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)Math.Min(atOnce, length) * rank * 2);
        byte[] turned = ArrayPool<byte>.Shared.Rent(rank * BlockRows * 2);
        float[] block = ArrayPool<float>.Shared.Rent(padded * BlockRows);
        try
        {
            // It stays zero beyond the rank.
            block.AsSpan(0, padded * BlockRows).Clear();
            for (long start = 0; start < length; start += atOnce)
            {
                int count = (int)Math.Min(atOnce, length - start);
                Span<byte> read = bytes.AsSpan(0, count * rank * 2);
                (byVectors ? vectors.Slice(1, start, count) : rows.Slice(0, start, count)).CopyTo(read, cancellationToken);
                for (int row = 0; row < count; row += BlockRows)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    int some = Math.Min(BlockRows, count - row);
                    Span<byte> asRows = byVectors ? turned.AsSpan(0, some * rank * 2) : read.Slice(row * rank * 2, some * rank * 2);
                    if (byVectors)
                    {
                        Transposition.Run(read[(row * 2)..], count * 2, asRows, rank * 2, rank, some, 2);
                    }

                    Add(rows.DType, asRows, rank, block, products);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<byte>.Shared.Return(turned);
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

    private static void Add(DType dtype, ReadOnlySpan<byte> rows, int rank, float[] block, Matrix products)
    {
        int rowBytes = rank * 2, padded = products.Rows, count = rows.Length / rowBytes;

        // Rows that need no padding are converted together.
        int together = rank == padded ? count : 1;
        for (int row = 0; row < count; row += together)
        {
            FloatConversion.Run(
                dtype, rows.Slice(row * rowBytes, together * rowBytes), DType.F32, MemoryMarshal.AsBytes(block.AsSpan(row * padded, together * rank)));
        }

        SingleOuterProducts.Add(block.AsSpan(0, count * padded), products.Values);
    }
}
