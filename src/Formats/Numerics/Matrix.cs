using System.Numerics.Tensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>A small matrix of doubles, row-major.</summary>
internal sealed class Matrix
{
    /// <summary>Makes a matrix of zeros.</summary>
    /// <exception cref="OverflowException">It would have more elements than an array can have.</exception>
    public Matrix(int rows, int columns)
        : this(rows, columns, new double[checked(rows * columns)])
    {
    }

    private Matrix(int rows, int columns, double[] values)
    {
        Rows = rows;
        Columns = columns;
        Values = values;
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>All elements, row after row.</summary>
    public double[] Values { get; }

    public ref double this[int row, int column] => ref Values[(row * Columns) + column];

    public static Matrix Identity(int size)
    {
        var identity = new Matrix(size, size);
        for (int i = 0; i < size; i++)
        {
            identity[i, i] = 1;
        }

        return identity;
    }

    /// <summary>The elements of a tensor <c>(rows, columns)</c>.</summary>
    /// <exception cref="OverflowException">An extent does not fit 32 bits.</exception>
    /// <exception cref="TensorTooLargeException">The array would be too large.</exception>
    public static Matrix Of(LazyTensor tensor, CancellationToken cancellationToken) =>
        new(checked((int)tensor.Shape[0]), checked((int)tensor.Shape[1]), tensor.ToDoubles(cancellationToken));

    public Span<double> Row(int index) => Values.AsSpan(index * Columns, Columns);

    public Matrix Copy() => new(Rows, Columns, [.. Values]);

    /// <summary>Divides each row by its own number; a row whose number is 0 becomes zeros.</summary>
    public void DivideRows(ReadOnlySpan<double> divisors)
    {
        for (int row = 0; row < Rows; row++)
        {
            if (divisors[row] == 0)
            {
                Row(row).Clear();
            }
            else
            {
                TensorPrimitives.Divide(Row(row), divisors[row], Row(row));
            }
        }
    }

    public Matrix Transpose()
    {
        var result = new Matrix(Columns, Rows);
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                result.Values[(column * Rows) + row] = Values[(row * Columns) + column];
            }
        }

        return result;
    }

    /// <summary>This (n, k) times another (k, m).</summary>
    public Matrix Times(Matrix right)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(right.Rows, Columns);
        var result = new Matrix(Rows, right.Columns);
        for (int row = 0; row < Rows; row++)
        {
            Span<double> sum = result.Row(row);
            for (int k = 0; k < Columns; k++)
            {
                TensorPrimitives.MultiplyAdd(right.Row(k), this[row, k], sum, sum);
            }
        }

        return result;
    }
}
