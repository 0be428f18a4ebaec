namespace Transfuse.Apply.Fusing.Stages;

/// <summary>
/// A weight with another number of rows than the base has: those beyond are zero until they are replaced, those that are too many are not read.
/// </summary>
/// <param name="source">The base's weight, of one matrix.</param>
/// <param name="rows">The number of rows.</param>
internal sealed class ResizedSource(IWeightSource source, int rows) : IWeightSource
{
    /// <inheritdoc />
    public WeightShape Shape { get; } = source.Shape with { Rows = rows };

    /// <inheritdoc />
    public void Read(int matrix, int row, Span<float> destination, CancellationToken cancellationToken)
    {
        int known = Math.Clamp(source.Shape.Rows - row, 0, destination.Length / Shape.Columns);
        if (known > 0)
        {
            source.Read(matrix, row, destination[..(known * Shape.Columns)], cancellationToken);
        }

        destination[(known * Shape.Columns)..].Clear();
    }
}
