namespace Transfuse.Oracle;

/// <summary>Plain loops over <see cref="DenseArray"/>.</summary>
public static class Dense
{
    /// <summary>(n, k) times (k, m).</summary>
    public static DenseArray Multiply(DenseArray left, DenseArray right)
    {
        if (left.Rank != 2 || right.Rank != 2 || left.Shape[1] != right.Shape[0])
        {
            throw new ArgumentException($"cannot multiply {left.ShapeText} by {right.ShapeText}");
        }

        DenseArray product = DenseArray.Zeros(left.Shape[0], right.Shape[1]);
        for (long i = 0; i < left.Shape[0]; i++)
        {
            for (long k = 0; k < left.Shape[1]; k++)
            {
                double factor = left[i, k];
                for (long j = 0; j < right.Shape[1]; j++)
                {
                    product[i, j] += factor * right[k, j];
                }
            }
        }

        return product;
    }

    /// <summary>Swaps the last two axes of a matrix or of each expert's matrix.</summary>
    public static DenseArray Transpose(DenseArray array)
    {
        long rows = array.Shape[^2];
        long columns = array.Shape[^1];
        long[] shape = [.. array.Shape[..^2], columns, rows];
        DenseArray result = DenseArray.Zeros(shape);
        long matrices = array.Values.Length / Math.Max(1, rows * columns);
        for (long m = 0; m < matrices; m++)
        {
            for (long i = 0; i < rows; i++)
            {
                for (long j = 0; j < columns; j++)
                {
                    result.Values[(m * rows * columns) + (j * rows) + i] = array.Values[(m * rows * columns) + (i * columns) + j];
                }
            }
        }

        return result;
    }

    public static DenseArray Scale(DenseArray array, double factor) =>
        new(array.Shape, [.. array.Values.Select(v => v * factor)]);

    public static DenseArray Add(DenseArray left, DenseArray right)
    {
        if (!left.SameShape(right))
        {
            throw new ArgumentException($"cannot add {right.ShapeText} to {left.ShapeText}");
        }

        return new DenseArray(left.Shape, [.. left.Values.Zip(right.Values, (a, b) => a + b)]);
    }

    public static DenseArray Negate(DenseArray array) => Scale(array, -1);

    public static DenseArray Reshape(DenseArray array, params long[] shape) => new(shape, array.Values);

    /// <summary>One matrix of a stack (E, rows, columns).</summary>
    public static DenseArray Expert(DenseArray stack, long expert)
    {
        long size = stack.Shape[1] * stack.Shape[2];
        return new DenseArray([stack.Shape[1], stack.Shape[2]], stack.Values.AsSpan((int)(expert * size), (int)size).ToArray());
    }

    /// <summary>Equal matrices to a stack (E, rows, columns).</summary>
    public static DenseArray Stack(IReadOnlyList<DenseArray> matrices) =>
        new([matrices.Count, .. matrices[0].Shape], [.. matrices.SelectMany(m => m.Values)]);

    /// <summary>Rows start, start + step, ... of a vector, a matrix, or of each expert's matrix.</summary>
    public static DenseArray Rows(DenseArray array, long start, long step, long count)
    {
        if (array.Rank == 3)
        {
            return Stack([.. Enumerable.Range(0, (int)array.Shape[0]).Select(e => Rows(Expert(array, e), start, step, count))]);
        }

        long width = array.Rank == 1 ? 1 : array.Shape[1];
        double[] values = new double[count * width];
        for (long i = 0; i < count; i++)
        {
            Array.Copy(array.Values, (start + (i * step)) * width, values, i * width, width);
        }

        return new DenseArray(array.Rank == 1 ? [count] : [count, width], values);
    }

    /// <summary>Writes rows back to where <see cref="Rows"/> takes them from.</summary>
    public static void SetRows(DenseArray target, DenseArray rows, long start, long step)
    {
        long experts = target.Rank == 3 ? target.Shape[0] : 1;
        long width = target.Rank == 1 ? 1 : target.Shape[^1];
        long targetRows = target.Rank == 1 ? target.Shape[0] : target.Shape[^2];
        long count = rows.Rank == 1 ? rows.Shape[0] : rows.Shape[^2];
        for (long e = 0; e < experts; e++)
        {
            for (long i = 0; i < count; i++)
            {
                Array.Copy(rows.Values, ((e * count) + i) * width, target.Values, ((e * targetRows) + start + (i * step)) * width, width);
            }
        }
    }

    /// <summary>Euclidean norm of each row of a matrix.</summary>
    public static double[] RowNorms(DenseArray matrix)
    {
        double[] norms = new double[matrix.Shape[0]];
        for (long i = 0; i < norms.Length; i++)
        {
            double sum = 0;
            for (long j = 0; j < matrix.Shape[1]; j++)
            {
                sum += matrix[i, j] * matrix[i, j];
            }

            norms[i] = Math.Sqrt(sum);
        }

        return norms;
    }
}
