namespace Transfuse.Apply.Fusing.Writing;

/// <summary>A merged weight holds a value that is not finite.</summary>
internal sealed class NotFiniteException(string weight, int row, int column) : Exception($"the value in row {row}, column {column} is not finite")
{
    /// <summary>The weight.</summary>
    public string Weight { get; } = weight;
}
