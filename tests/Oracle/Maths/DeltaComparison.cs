namespace Transfuse.Oracle;

/// <summary>How far one array is from another: Frobenius norm of the difference over that of the expected array, and the largest absolute difference.</summary>
public sealed record DeltaComparison(double RelativeError, double MaximumDifference, double ExpectedNorm)
{
    public static DeltaComparison Of(DenseArray actual, DenseArray expected)
    {
        if (!actual.SameShape(expected))
        {
            throw new InvalidDataException($"shape {actual.ShapeText} instead of {expected.ShapeText}");
        }

        double difference = 0;
        double norm = 0;
        double maximum = 0;
        for (int i = 0; i < expected.Values.Length; i++)
        {
            double d = actual.Values[i] - expected.Values[i];
            difference += d * d;
            norm += expected.Values[i] * expected.Values[i];
            maximum = double.IsNaN(d) ? double.NaN : Math.Max(maximum, Math.Abs(d));
        }

        norm = Math.Sqrt(norm);
        double relative = norm == 0 ? (difference == 0 ? 0 : double.PositiveInfinity) : Math.Sqrt(difference) / norm;
        return new DeltaComparison(relative, maximum, norm);
    }

    /// <summary>Throws with the numbers unless the relative Frobenius error is at most the tolerance.</summary>
    public static void AssertClose(DenseArray actual, DenseArray expected, double tolerance, string what)
    {
        DeltaComparison comparison = Of(actual, expected);
        if (!(comparison.RelativeError <= tolerance))
        {
            throw new InvalidDataException(
                $"{what}: relative error {comparison.RelativeError:E2} exceeds {tolerance:E2} (largest difference {comparison.MaximumDifference:E2}, norm "
                + $"{comparison.ExpectedNorm:E2})");
        }
    }

    /// <summary>Throws unless both dictionaries have the same names and each pair of arrays is close.</summary>
    public static void AssertClose(
        IReadOnlyDictionary<string, DenseArray> actual, IReadOnlyDictionary<string, DenseArray> expected, double tolerance)
    {
        List<string> missing = [.. expected.Keys.Except(actual.Keys).Order(StringComparer.Ordinal)];
        List<string> extra = [.. actual.Keys.Except(expected.Keys).Order(StringComparer.Ordinal)];
        if (missing.Count + extra.Count > 0)
        {
            throw new InvalidDataException($"missing: {string.Join(", ", missing)}; not expected: {string.Join(", ", extra)}");
        }

        foreach ((string name, DenseArray array) in expected)
        {
            AssertClose(actual[name], array, tolerance, name);
        }
    }
}
