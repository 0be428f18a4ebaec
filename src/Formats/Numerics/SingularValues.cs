using System.Numerics.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>What singular values, largest first, tell about truncation. Errors are Frobenius norms relative to that of the whole.</summary>
internal static class SingularValues
{
    /// <summary>The spacing of float32 at 1: what remains below this is lost in float32 factors anyway.</summary>
    public const double FloatEpsilon = 1.0 / (1 << 23);

    /// <summary>What is missing when only the first values stay: the root of the sum of the squares of the others, over that of all.</summary>
    public static double RemainingError(ReadOnlySpan<double> values, int kept)
    {
        double all = TensorPrimitives.Norm(values);
        return all == 0 ? 0 : TensorPrimitives.Norm(values[Math.Min(kept, values.Length)..]) / all;
    }

    /// <summary>The smallest number of values, at least 1, without which nothing above <see cref="FloatEpsilon"/> is missing.</summary>
    public static int NumericalRank(ReadOnlySpan<double> values)
    {
        double limit = FloatEpsilon * FloatEpsilon * TensorPrimitives.SumOfSquares(values);
        double missing = 0;
        int kept = values.Length;
        while (kept > 1 && (missing += values[kept - 1] * values[kept - 1]) <= limit)
        {
            kept--;
        }

        return kept;
    }
}
