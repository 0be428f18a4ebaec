using System.Numerics;

namespace Transfuse.Formats.Tensors.Probes;

/// <summary>Looks at the values of a tensor, some at a time.</summary>
internal interface IValueVisitor
{
    /// <summary>Looks at the next values.</summary>
    /// <returns>Whether the rest matters.</returns>
    bool Visit<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;
}
