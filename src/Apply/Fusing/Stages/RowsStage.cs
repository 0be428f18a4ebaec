using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>Some rows are replaced: those of trained tokens.</summary>
/// <param name="indices">Which rows; each once, and inside the weight.</param>
/// <param name="rows">(indices, columns): the new rows.</param>
internal sealed class RowsStage(ImmutableArray<long> indices, LazyTensor rows) : WeightStage
{
    /// <inheritdoc />
    public override string Description => $"{indices.Length} rows of tokens";

    /// <inheritdoc />
    public override IOpenStage Open(WeightRows before, CancellationToken cancellationToken) => new Opened(
        indices.Index().ToDictionary(pair => (int)pair.Item, pair => pair.Index), rows.ToSingles(cancellationToken), before.Shape.Columns);

    private sealed class Opened(Dictionary<int, int> rowOf, float[] values, int columns) : IOpenStage
    {
        public void Apply(int matrix, int row, Span<float> destination, DType? rounding)
        {
            for (int start = 0; start < destination.Length; start += columns, row++)
            {
                if (rowOf.TryGetValue(row, out int source))
                {
                    values.AsSpan(source * columns, columns).CopyTo(destination[start..]);
                }
            }
        }
    }
}
