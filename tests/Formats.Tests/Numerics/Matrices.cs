using System.Runtime.InteropServices;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Numerics;

/// <summary>Random matrices and plain loops to check them with.</summary>
internal static class Matrices
{
    public static Matrix Random(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var matrix = new Matrix(rows, columns);
        for (int i = 0; i < matrix.Values.Length; i++)
        {
            matrix.Values[i] = (random.NextDouble() * 2) - 1;
        }

        return matrix;
    }

    public static Matrix Multiply(Matrix left, Matrix right)
    {
        var product = new Matrix(left.Rows, right.Columns);
        for (int i = 0; i < left.Rows; i++)
        {
            for (int j = 0; j < right.Columns; j++)
            {
                double sum = 0;
                for (int k = 0; k < left.Columns; k++)
                {
                    sum += left[i, k] * right[k, j];
                }

                product[i, j] = sum;
            }
        }

        return product;
    }

    public static double Norm(Matrix matrix) => Math.Sqrt(matrix.Values.Sum(value => value * value));

    public static double Distance(Matrix left, Matrix right)
    {
        Assert.Equal((left.Rows, left.Columns), (right.Rows, right.Columns));
        return Math.Sqrt(left.Values.Zip(right.Values, (a, b) => (a - b) * (a - b)).Sum());
    }

    /// <summary>The float32 tensor of a matrix.</summary>
    public static LazyTensor Tensor(Matrix matrix)
    {
        float[] values = [.. matrix.Values.Select(value => (float)value)];
        return new MemoryTensor(DType.F32, new TensorShape(matrix.Rows, matrix.Columns), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    /// <summary>The matrix of a tensor, read as float32.</summary>
    public static Matrix Of(LazyTensor tensor)
    {
        Assert.Equal(DType.F32, tensor.DType);
        return Matrix.Of(tensor, TestContext.Current.CancellationToken);
    }

    /// <summary>U diag(s) Vᵀ of vectors that are rows.</summary>
    public static Matrix Compose(SingularVectors vectors)
    {
        var sum = new Matrix(vectors.Left.Columns, vectors.Right.Columns);
        for (int k = 0; k < vectors.Values.Length; k++)
        {
            for (int i = 0; i < sum.Rows; i++)
            {
                for (int j = 0; j < sum.Columns; j++)
                {
                    sum[i, j] += vectors.Values[k] * vectors.Left[k, i] * vectors.Right[k, j];
                }
            }
        }

        return sum;
    }

    /// <summary>How far the first rows are from being orthonormal: the largest error among their inner products.</summary>
    public static double Skew(Matrix rows, int count)
    {
        double worst = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                double product = 0;
                for (int k = 0; k < rows.Columns; k++)
                {
                    product += rows[i, k] * rows[j, k];
                }

                worst = Math.Max(worst, Math.Abs(product - (i == j ? 1 : 0)));
            }
        }

        return worst;
    }
}
