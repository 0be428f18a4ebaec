using System.Numerics;
using System.Numerics.Tensors;

namespace Transfuse.Formats.Tensors.Probes;

/// <summary>Finds the largest magnitude; NaN is larger than all.</summary>
internal struct MaxMagnitudeVisitor : IValueVisitor
{
    /// <summary>Largest magnitude so far, 0 at first.</summary>
    public double Largest { get; private set; }

    /// <inheritdoc />
    public bool Visit<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Largest = Math.Max(Largest, double.CreateTruncating(T.Abs(TensorPrimitives.MaxMagnitude(values))));
        return !double.IsNaN(Largest);
    }
}
