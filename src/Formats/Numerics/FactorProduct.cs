using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>A product of two factors of any content.</summary>
/// <param name="A">A (r, in).</param>
/// <param name="B">B (out, r).</param>
internal sealed record FactorProduct(LazyTensor A, LazyTensor B) : ILowRankProduct
{
    /// <inheritdoc />
    public bool CanDecompose => SvdLimits.Allows(B.Shape[0], A.Shape[0], A.Shape[1]);

    /// <inheritdoc />
    public ILowRankSvd Decompose(CancellationToken cancellationToken) => FactorSvd.Decompose(A, B, cancellationToken);
}
