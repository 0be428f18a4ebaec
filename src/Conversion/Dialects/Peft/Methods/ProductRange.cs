using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// Probes whether values can be multiplied in float32: all finite, the largest product below its end, and not so small that products lose bits.
/// Each tensor is read once.
/// </summary>
internal sealed class ProductRange(CancellationToken cancellationToken)
{
    private readonly Dictionary<LazyTensor, double> _largest = new(ReferenceEqualityComparer.Instance);

    /// <summary>What stands against the module, or <see langword="null"/>.</summary>
    public Finding? Check(MethodModule module)
    {
        foreach (IEnumerable<LazyTensor> group in module.Products.Select(group => group.AsEnumerable()))
        {
            double product = 1;
            foreach (double largest in group.Select(Largest))
            {
                if (!double.IsFinite(largest))
                {
                    return MethodCodes.NotFinite.At(module.Path, "holds NaN or infinity");
                }

                product *= largest;
            }

            if (!SingleProducts.CanHold(product))
            {
                return MethodCodes.OutOfRange.At(module.Path, FormattableString.Invariant($"has products up to {product:0.##E+0}"));
            }
        }

        return null;
    }

    private double Largest(LazyTensor tensor)
    {
        if (!_largest.TryGetValue(tensor, out double largest))
        {
            largest = TensorProbe.MaxMagnitude(tensor, cancellationToken);
            _largest.Add(tensor, largest);
        }

        return largest;
    }
}
