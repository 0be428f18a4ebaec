using System.Numerics.Tensors;
using Transfuse.Formats.Numerics;

namespace Transfuse.Conversion.Verification;

/// <summary>
/// The triangle R of X = Q R, where the columns of X are a factor's vectors in the first adapter and then the differences: it keeps their lengths and angles to
/// double rounding, which inner products, being squares, lose where a delta is small against its factors. Pieces are taken in one after the other.
/// </summary>
internal sealed class FactorTriangle
{
    private readonly int _vectors;
    private Matrix _triangle;

    private FactorTriangle(int vectors)
    {
        _vectors = vectors;
        _triangle = new Matrix(0, 2 * vectors);
    }

    /// <summary>Reads one expert's factor.</summary>
    public static FactorTriangle Of(FactorPair pair, int expert, FactorPiece piece, CancellationToken cancellationToken)
    {
        var triangle = new FactorTriangle(piece.Vectors);
        pair.Read(expert, 1, piece, _ => triangle.Add(piece, cancellationToken), cancellationToken);
        return triangle;
    }

    /// <summary>||B A||² of the first adapter: that of R Sᵀ, with the triangles of B and Aᵀ.</summary>
    public static double SquaredNorm(FactorTriangle a, FactorTriangle b) => Sum(a, b, (first, _) => first, (first, _) => first);

    /// <summary>||B A - B' A'||²: with X C Y as <see cref="FactorSums.SquaredError"/> has it, that of R C Sᵀ.</summary>
    public static double SquaredError(FactorTriangle a, FactorTriangle b) => Sum(a, b, (first, difference) => [.. difference, .. first], Mixed);

    // C = [[0, 1], [1, -1]] times a row (A, DA): (DA, A - DA), in the order in which B's row is taken: (DB, B) meets (A - DA, DA).
    private static double[] Mixed(double[] first, double[] difference)
    {
        double[] mixed = new double[2 * first.Length];
        TensorPrimitives.Subtract(first, difference, mixed.AsSpan(0, first.Length));
        difference.CopyTo(mixed, first.Length);
        return mixed;
    }

    private static double Sum(FactorTriangle a, FactorTriangle b, Func<double[], double[], double[]> ofB, Func<double[], double[], double[]> ofA)
    {
        double[][] rows = [.. Enumerable.Range(0, a._triangle.Rows).Select(row => ofA(a.First(row), a.Difference(row)))];
        double sum = 0;
        for (int row = 0; row < b._triangle.Rows; row++)
        {
            double[] left = ofB(b.First(row), b.Difference(row));
            foreach (double[] right in rows)
            {
                double element = TensorPrimitives.Dot<double>(left, right);
                sum += element * element;
            }
        }

        return sum;
    }

    private double[] First(int row) => [.. _triangle.Row(row)[.._vectors]];

    private double[] Difference(int row) => [.. _triangle.Row(row)[_vectors..]];

    // The triangle so far stands for all pieces before: its rows are put before the piece's elements.
    private void Add(FactorPiece piece, CancellationToken cancellationToken)
    {
        var vectors = new Matrix(2 * _vectors, _triangle.Rows + piece.Length);
        for (int i = 0; i < vectors.Rows; i++)
        {
            Span<double> vector = vectors.Row(i);
            for (int row = 0; row < _triangle.Rows; row++)
            {
                vector[row] = _triangle[row, i];
            }

            if (i < _vectors)
            {
                FactorPiece.Vector(piece.First, i, piece.Length).CopyTo(vector[_triangle.Rows..]);
            }
            else if (piece.Differs)
            {
                FactorPiece.Vector(piece.Difference, i - _vectors, piece.Length).CopyTo(vector[_triangle.Rows..]);
            }
        }

        _triangle = HouseholderQr.Triangle(vectors, cancellationToken);
    }
}
