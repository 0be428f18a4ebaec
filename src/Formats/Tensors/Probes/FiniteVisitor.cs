using System.Numerics;
using System.Numerics.Tensors;

namespace Transfuse.Formats.Tensors.Probes;

/// <summary>Finds out whether every value is finite.</summary>
internal struct FiniteVisitor() : IValueVisitor
{
    /// <summary>Whether every value so far is finite.</summary>
    public bool IsFinite { get; private set; } = true;

    /// <inheritdoc />
    public bool Visit<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => IsFinite = TensorPrimitives.IsFiniteAll(values);
}
