namespace Transfuse.Conversion.Verification;

/// <summary>Sums over all elements of two deltas, in double precision.</summary>
/// <param name="SquaredNorm">Sum of the squares of the first delta.</param>
/// <param name="SquaredError">Sum of the squares of the difference.</param>
internal readonly record struct DeltaDifference(double SquaredNorm, double SquaredError)
{
    /// <summary>Largest absolute difference, where elements were formed.</summary>
    public double? WorstElement { get; init; }

    public DeltaDifference Plus(DeltaDifference other) => new(SquaredNorm + other.SquaredNorm, SquaredError + other.SquaredError)
    {
        WorstElement = (WorstElement, other.WorstElement) switch
        {
            ({ } left, { } right) => Math.Max(left, right),
            var (left, right) => left ?? right,
        },
    };
}
