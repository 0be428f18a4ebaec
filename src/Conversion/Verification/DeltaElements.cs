using System.Numerics.Tensors;

namespace Transfuse.Conversion.Verification;

/// <summary>
/// Forms the elements of two deltas and their difference, a block at a time: as many multiplications as elements times rank, so only where sums over factors do
/// not answer.
/// </summary>
internal static class DeltaElements
{
    /// <summary>Sums over all elements of one expert, the largest difference included.</summary>
    /// <param name="a">A in both adapters.</param>
    /// <param name="b">B in both.</param>
    /// <param name="expert">Which expert.</param>
    /// <param name="differs">Whether any piece of a factor could differ.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static DeltaDifference Compare(FactorPair a, FactorPair b, int expert, out bool differs, CancellationToken cancellationToken)
    {
        using var pieceOfA = new FactorPiece(a.Vectors);
        using var pieceOfB = new FactorPiece(b.Vectors);
        double[] delta = new double[FactorPiece.Stride];
        double[] error = new double[FactorPiece.Stride];
        var total = default(DeltaDifference);
        bool anyDiffers = false;
        b.Read(
            expert, 1, pieceOfB,
            _ => a.Read(
                expert, 1, pieceOfA,
                _ =>
                {
                    anyDiffers |= pieceOfA.Differs || pieceOfB.Differs;
                    for (int row = 0; row < pieceOfB.Length; row++)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        total = total.Plus(Row(pieceOfA, pieceOfB, row, a.Vectors, delta.AsSpan(0, pieceOfA.Length), error.AsSpan(0, pieceOfA.Length)));
                    }
                },
                cancellationToken),
            cancellationToken);
        differs = anyDiffers;
        return total;
    }

    // The difference of two products as (DB) A + (B - DB)(DA): it does not cancel where both agree.
    private static DeltaDifference Row(FactorPiece a, FactorPiece b, int row, int rank, Span<double> delta, Span<double> error)
    {
        delta.Clear();
        error.Clear();
        for (int k = 0; k < rank; k++)
        {
            double first = FactorPiece.Vector(b.First, k, b.Length)[row];
            double difference = b.Differs ? FactorPiece.Vector(b.Difference, k, b.Length)[row] : 0;
            ReadOnlySpan<double> inputs = FactorPiece.Vector(a.First, k, a.Length);
            TensorPrimitives.MultiplyAdd(inputs, first, delta, delta);
            if (b.Differs)
            {
                TensorPrimitives.MultiplyAdd(inputs, difference, error, error);
            }

            if (a.Differs)
            {
                TensorPrimitives.MultiplyAdd(FactorPiece.Vector(a.Difference, k, a.Length), first - difference, error, error);
            }
        }

        return new DeltaDifference(TensorPrimitives.SumOfSquares<double>(delta), TensorPrimitives.SumOfSquares<double>(error))
        {
            WorstElement = Math.Abs(TensorPrimitives.MaxMagnitude<double>(error)),
        };
    }
}
