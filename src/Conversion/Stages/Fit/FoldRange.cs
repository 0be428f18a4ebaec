using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>Probes whether a factor can be multiplied into a tensor in float32.</summary>
internal static class FoldRange
{
    /// <summary>What stands against it, or <see langword="null"/>.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="factor">The factor; zero makes zeros, which is exact.</param>
    /// <param name="cancellationToken">Ends the probe.</param>
    public static string? Problem(LazyTensor tensor, double factor, CancellationToken cancellationToken)
    {
        if (factor == 0)
        {
            return null;
        }

        if (!float.IsNormal((float)factor))
        {
            return FormattableString.Invariant($"the factor {factor:G6} is beyond float32");
        }

        // NaN and infinity are named elsewhere.
        double largest = Math.Abs(factor) * TensorProbe.MaxMagnitude(tensor, cancellationToken);
        return SingleProducts.CanHold(largest)
            ? null
            : FormattableString.Invariant($"with the factor {factor:G6} its values would be up to {largest:G6}, beyond float32");
    }
}
