using System.Buffers;
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
    // Long enough that adding up a piece's sums in double is a small part of the work, short enough that they keep seven digits and stay in a second-level
    // cache.
    private const int Stride = 1024;
    private const int ReadBytes = 4 << 20;

    // Below, products lose bits in float32, and above they leave its range; both far from what trained factors have.
    private static readonly double Smallest = Math.ScaleB(1, -80), Largest = Math.ScaleB(1, 80);

    // Where a squared norm is smaller than this share of what the factors' norms could make, errors of 1e-7 would show in it.
    private static readonly double SmallestShare = Math.ScaleB(1, -9);

    /// <summary>Whether a factor's products are exact in float32.</summary>
    public static bool AreExact(LazyTensor factor) => factor.DType is DType.BF16 or DType.F16;

    /// <summary>The inner products of one factor's vectors.</summary>
    /// <param name="vectors">(r, n): r vectors of 16-bit values.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static Matrix Of(LazyTensor vectors, CancellationToken cancellationToken)
    {
        int rank = (int)vectors.Shape[0], padded = FactorPiece.RoundUp(rank);
        long length = vectors.Shape[1], columns = Math.Max(Stride, ReadBytes / (2L * Math.Max(1, rank)) / Stride * Stride);
        var products = new Matrix(padded, padded);
        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)Math.Min(columns, length) * rank * 2);
        float[] piece = ArrayPool<float>.Shared.Rent(padded * Stride);
        try
        {
            piece.AsSpan(rank * Stride, (padded - rank) * Stride).Clear();
            for (long start = 0; start < length; start += columns)
            {
                int count = (int)Math.Min(columns, length - start);
                vectors.Slice(1, start, count).CopyTo(bytes.AsSpan(0, count * rank * 2), cancellationToken);
                Add(vectors.DType, bytes, rank, count, piece, products, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<float>.Shared.Return(piece);
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

    private static void Add(DType dtype, ReadOnlySpan<byte> bytes, int rank, int count, float[] piece, Matrix products, CancellationToken cancellationToken)
    {
        for (int start = 0; start < count; start += Stride)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int length = Math.Min(Stride, count - start), filled =
                (length + SingleInnerProducts.Unit - 1) / SingleInnerProducts.Unit * SingleInnerProducts.Unit;
            for (int vector = 0; vector < rank; vector++)
            {
                Span<float> values = piece.AsSpan(vector * Stride, filled);
                FloatConversion.Run(
                    dtype, bytes.Slice(((vector * count) + start) * 2, length * 2), DType.F32,
                    System.Runtime.InteropServices.MemoryMarshal.AsBytes(values[..length]));
                values[length..].Clear();
            }

            SingleInnerProducts.Add(piece, Stride, filled, products.Values);
        }
    }
}
