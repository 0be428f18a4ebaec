namespace Transfuse.Apply.Fusing.Stages;

/// <summary>The values of a weight of the base. Safe for concurrent use.</summary>
internal interface IWeightSource
{
    /// <summary>How it lies.</summary>
    WeightShape Shape { get; }

    /// <summary>Reads whole rows of one matrix as float32.</summary>
    void Read(int matrix, int row, Span<float> destination, CancellationToken cancellationToken);
}
