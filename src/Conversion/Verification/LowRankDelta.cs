using System.Numerics.Tensors;

namespace Transfuse.Conversion.Verification;

/// <summary>A delta scale x B A, kept as its factors; rows are formed one at a time.</summary>
/// <param name="A">The factor A, row-major <c>(r, in)</c>.</param>
/// <param name="B">The factor B, row-major <c>(out, r)</c>.</param>
/// <param name="Rank">The rank r; 0 for a delta of zeros.</param>
/// <param name="Scale">The multiplier.</param>
internal readonly record struct LowRankDelta(ReadOnlyMemory<double> A, ReadOnlyMemory<double> B, int Rank, double Scale)
{
    /// <summary>Forms one row.</summary>
    /// <param name="index">The row, below out.</param>
    /// <param name="destination">Receives in elements.</param>
    public void Row(int index, Span<double> destination)
    {
        destination.Clear();
        ReadOnlySpan<double> factors = Rank == 0 ? [] : B.Span.Slice(index * Rank, Rank);
        for (int k = 0; k < factors.Length; k++)
        {
            TensorPrimitives.MultiplyAdd(A.Span.Slice(k * destination.Length, destination.Length), factors[k], destination, destination);
        }

        TensorPrimitives.Multiply(destination, Scale, destination);
    }

    /// <summary>Compares two deltas of the same shape, row by row.</summary>
    public static DeltaDifference Compare(LowRankDelta first, LowRankDelta second, int outputs, int inputs, CancellationToken cancellationToken)
    {
        double[] left = new double[inputs];
        double[] right = new double[inputs];
        var total = default(DeltaDifference);
        for (int row = 0; row < outputs; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            first.Row(row, left);
            second.Row(row, right);
            TensorPrimitives.Subtract(left, right, right);
            total = total.Plus(new DeltaDifference(
                TensorPrimitives.SumOfSquares<double>(left), TensorPrimitives.SumOfSquares<double>(right), Math.Abs(TensorPrimitives.MaxMagnitude<double>(right))));
        }

        return total;
    }
}
