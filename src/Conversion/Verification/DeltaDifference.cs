namespace Transfuse.Conversion.Verification;

/// <summary>Sums over all elements of two deltas, in double precision.</summary>
/// <param name="SquaredNorm">Sum of the squares of the first delta.</param>
/// <param name="SquaredError">Sum of the squares of the difference.</param>
/// <param name="WorstElement">Largest absolute difference.</param>
internal readonly record struct DeltaDifference(double SquaredNorm, double SquaredError, double WorstElement)
{
    public double RelativeError => SquaredError == 0 ? 0 : Math.Sqrt(SquaredError / SquaredNorm);

    public DeltaDifference Plus(DeltaDifference other) =>
        new(SquaredNorm + other.SquaredNorm, SquaredError + other.SquaredError, Math.Max(WorstElement, other.WorstElement));
}
