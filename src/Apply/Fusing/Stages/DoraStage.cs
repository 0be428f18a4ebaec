using System.Numerics.Tensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>
/// DoRA: a low-rank product is added, then each row, or each column, is given the length that its magnitude says. The norms are taken in double precision.
/// </summary>
/// <param name="product">What is added first.</param>
/// <param name="magnitude">One value for each row or column.</param>
/// <param name="byColumn">Whether the outputs lie along the columns.</param>
internal sealed class DoraStage(ProductStage product, LazyTensor magnitude, bool byColumn) : WeightStage
{
    private const int RowsAtOnce = 64;

    /// <inheritdoc />
    public override string Description => $"DoRA, {product.Description}";

    /// <inheritdoc />
    public override IOpenStage Open(WeightRows before, CancellationToken cancellationToken)
    {
        IOpenStage added = product.Open(before, cancellationToken);
        float[] lengths = magnitude.ToSingles(cancellationToken);
        return byColumn
            ? new Columns(added, Factors(lengths, before.Then(added), cancellationToken))
            : new Rows(added, lengths, before.Shape.Columns);
    }

    private static float[] Factors(float[] lengths, WeightRows changed, CancellationToken cancellationToken)
    {
        WeightShape shape = changed.Shape;
        double[] squares = new double[shape.Columns];
        float[] original = new float[RowsAtOnce * shape.Columns];
        float[] values = new float[original.Length];
        for (int row = 0; row < shape.Rows; row += RowsAtOnce)
        {
            int count = Math.Min(RowsAtOnce, shape.Rows - row) * shape.Columns;
            changed.Read(0, row, original.AsSpan(0, count), cancellationToken);
            changed.Change(0, row, original.AsSpan(0, count), values.AsSpan(0, count), changed.Rounding);
            for (int i = 0; i < count; i++)
            {
                squares[i % shape.Columns] += (double)values[i] * values[i];
            }
        }

        return [.. squares.Select((square, column) => (float)(lengths[column] / Math.Sqrt(square)))];
    }

    private sealed class Rows(IOpenStage added, float[] lengths, int columns) : IOpenStage
    {
        public void Apply(int matrix, int row, Span<float> values, DType? rounding)
        {
            added.Apply(matrix, row, values, rounding);
            for (int start = 0; start < values.Length; start += columns)
            {
                Span<float> one = values.Slice(start, columns);
                double square = 0;
                foreach (float value in one)
                {
                    square += (double)value * value;
                }

                TensorPrimitives.Multiply(one, (float)(lengths[row + (start / columns)] / Math.Sqrt(square)), one);
            }
        }
    }

    private sealed class Columns(IOpenStage added, float[] factors) : IOpenStage
    {
        public void Apply(int matrix, int row, Span<float> values, DType? rounding)
        {
            added.Apply(matrix, row, values, rounding);
            for (int start = 0; start < values.Length; start += factors.Length)
            {
                Span<float> one = values.Slice(start, factors.Length);
                TensorPrimitives.Multiply(one, factors, one);
            }
        }
    }
}
