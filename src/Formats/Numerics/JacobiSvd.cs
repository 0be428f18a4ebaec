using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Transfuse.Formats.Numerics;

/// <summary>
/// Singular values and vectors by one-sided Jacobi rotations (Hestenes): pairs of columns are made orthogonal until all are. Simple, accurate also for small
/// values, and meant for matrices of some hundred rows.
/// </summary>
internal static class JacobiSvd
{
    private const double Epsilon = 1.0 / (1L << 52);

    // Convergence is quadratic: ten sweeps are many.
    private const int MaxSweeps = 60;

    /// <summary>Decomposes a matrix of finite values.</summary>
    public static SingularVectors Decompose(Matrix matrix, CancellationToken cancellationToken)
    {
        Matrix columns = ShorterSide(matrix), rotations = Matrix.Identity(columns.Rows);
        SingularVectors found = Normalise(columns, rotations, Rotate(columns, rotations, cancellationToken));
        return matrix.Rows < matrix.Columns ? new SingularVectors(found.Values, found.Right, found.Left) : found;
    }

    /// <summary>Gives the singular values alone, largest first, of a matrix of finite values.</summary>
    public static double[] Values(Matrix matrix, CancellationToken cancellationToken) =>
        [.. Rotate(ShorterSide(matrix), null, cancellationToken).Select(Math.Sqrt)];

    // A copy to rotate: the rows or the columns, of which there are fewer, as rows.
    private static Matrix ShorterSide(Matrix matrix) => matrix.Rows < matrix.Columns ? matrix.Copy() : matrix.Transpose();

    /// <summary>Rotates columns, which lie as rows, until they are orthogonal, and gives the squares of their lengths, largest first.</summary>
    /// <param name="columns">Rotated in place.</param>
    /// <param name="rotations">Rotated likewise, where the rotations are wanted.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    private static double[] Rotate(Matrix columns, Matrix? rotations, CancellationToken cancellationToken)
    {
        double[] squares = new double[columns.Rows];

        // Columns this short are rounding errors of the others and have no direction.
        double norm = TensorPrimitives.Norm<double>(columns.Values);
        double zero = Math.Pow(norm * Epsilon * columns.Rows, 2);
        for (int sweep = 0; sweep < MaxSweeps; sweep++)
        {
            SortColumns(columns, rotations, squares);
            if (!Sweep(columns, rotations, squares, zero, cancellationToken))
            {
                break;
            }
        }

        SortColumns(columns, rotations, squares);
        return squares;
    }

    private static bool Sweep(Matrix columns, Matrix? rotations, double[] squares, double zero, CancellationToken cancellationToken)
    {
        bool rotated = false;
        for (int p = 0; p < columns.Rows - 1; p++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int q = p + 1; q < columns.Rows; q++)
            {
                if (squares[p] <= zero || squares[q] <= zero)
                {
                    continue;
                }

                double product = TensorPrimitives.Dot<double>(columns.Row(p), columns.Row(q));
                if (Math.Abs(product) <= Epsilon * columns.Columns * Math.Sqrt(squares[p]) * Math.Sqrt(squares[q]))
                {
                    continue;
                }

                rotated = true;
                double cotangent = (squares[q] - squares[p]) / (2 * product);
                double tangent = Math.CopySign(1, cotangent) / (Math.Abs(cotangent) + Math.Sqrt(1 + (cotangent * cotangent)));
                double cosine = 1 / Math.Sqrt(1 + (tangent * tangent));
                Rotate(columns.Row(p), columns.Row(q), cosine, cosine * tangent);
                if (rotations is not null)
                {
                    Rotate(rotations.Row(p), rotations.Row(q), cosine, cosine * tangent);
                }

                squares[p] = TensorPrimitives.SumOfSquares<double>(columns.Row(p));
                squares[q] = TensorPrimitives.SumOfSquares<double>(columns.Row(q));
            }
        }

        return rotated;
    }

    private static void Rotate(Span<double> first, Span<double> second, double cosine, double sine)
    {
        int done = 0;
        for (; done <= first.Length - Vector256<double>.Count; done += Vector256<double>.Count)
        {
            Span<double> ofFirst = first.Slice(done, Vector256<double>.Count), ofSecond = second.Slice(done, Vector256<double>.Count);
            Vector256<double> a = Vector256.Create<double>(ofFirst), b = Vector256.Create<double>(ofSecond);
            ((a * cosine) - (b * sine)).CopyTo(ofFirst);
            ((a * sine) + (b * cosine)).CopyTo(ofSecond);
        }

        for (int i = done; i < first.Length; i++)
        {
            (double a, double b) = (first[i], second[i]);
            first[i] = (cosine * a) - (sine * b);
            second[i] = (sine * a) + (cosine * b);
        }
    }

    // Longest first: what de Rijk's pivoting does, and the order of singular values.
    private static void SortColumns(Matrix columns, Matrix? rotations, double[] squares)
    {
        int[] order = new int[squares.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
            squares[i] = -TensorPrimitives.SumOfSquares<double>(columns.Row(i));
        }

        Array.Sort(squares, order);
        TensorPrimitives.Negate(squares, squares);
        Reorder(columns, order);
        if (rotations is not null)
        {
            Reorder(rotations, order);
        }
    }

    private static void Reorder(Matrix rows, int[] order)
    {
        double[] old = [.. rows.Values];
        for (int i = 0; i < order.Length; i++)
        {
            old.AsSpan(order[i] * rows.Columns, rows.Columns).CopyTo(rows.Row(i));
        }
    }

    private static SingularVectors Normalise(Matrix columns, Matrix rotations, double[] squares)
    {
        double[] values = [.. squares.Select(Math.Sqrt)];
        columns.DivideRows(values);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] == 0)
            {
                rotations.Row(i).Clear();
            }
        }

        return new SingularVectors(values, columns, rotations);
    }
}
