using System.Numerics.Tensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>IA3: each row, or each column, is multiplied by a trained factor.</summary>
/// <param name="factors">One value for each row or column.</param>
/// <param name="byColumn">Which of the two.</param>
internal sealed class ScaleStage(LazyTensor factors, bool byColumn) : WeightStage
{
    /// <inheritdoc />
    public override string Description => byColumn ? "columns scaled (IA3)" : "rows scaled (IA3)";

    /// <inheritdoc />
    public override IOpenStage Open(WeightRows before, CancellationToken cancellationToken) =>
        new Opened(factors.ToSingles(cancellationToken), byColumn, before.Shape.Columns);

    private sealed class Opened(float[] factors, bool byColumn, int columns) : IOpenStage
    {
        public void Apply(int matrix, int row, Span<float> values, DType? rounding)
        {
            for (int start = 0; start < values.Length; start += columns, row++)
            {
                Span<float> one = values.Slice(start, columns);
                if (byColumn)
                {
                    TensorPrimitives.Multiply(one, factors, one);
                }
                else
                {
                    TensorPrimitives.Multiply(one, factors[row], one);
                }
            }
        }
    }
}
