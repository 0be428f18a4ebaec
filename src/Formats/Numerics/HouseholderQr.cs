using System.Numerics.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>QR by Householder reflections.</summary>
internal static class HouseholderQr
{
    /// <summary>
    /// The triangle R of X = Q R, without Q: R's inner products are those of X's columns, so R stands for X wherever only lengths and angles matter.
    /// </summary>
    /// <param name="vectors">X's columns as rows, (n, m): n vectors of length m. Overwritten.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>R, (min(m, n), n), zero below the diagonal.</returns>
    public static Matrix Triangle(Matrix vectors, CancellationToken cancellationToken)
    {
        int count = vectors.Rows;
        int length = vectors.Columns;
        int rank = Math.Min(count, length);
        var triangle = new Matrix(rank, count);
        for (int pivot = 0; pivot < rank; pivot++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<double> reflector = vectors.Row(pivot)[pivot..];
            double norm = TensorPrimitives.Norm<double>(reflector);
            if (norm > 0)
            {
                // The sign that avoids cancellation.
                double diagonal = reflector[0] > 0 ? -norm : norm;
                reflector[0] -= diagonal;
                Reflect(vectors, pivot, reflector);
                reflector[0] = diagonal;
            }

            for (int column = pivot; column < count; column++)
            {
                triangle[pivot, column] = vectors[column, pivot];
            }
        }

        return triangle;
    }

    private static void Reflect(Matrix vectors, int pivot, ReadOnlySpan<double> reflector)
    {
        double half = TensorPrimitives.SumOfSquares(reflector) / 2;
        for (int column = pivot + 1; column < vectors.Rows; column++)
        {
            Span<double> vector = vectors.Row(column)[pivot..];
            double share = TensorPrimitives.Dot(reflector, vector) / half;
            TensorPrimitives.MultiplyAdd(reflector, -share, vector, vector);
        }
    }
}
