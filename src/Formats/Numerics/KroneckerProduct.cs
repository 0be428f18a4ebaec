using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>A Kronecker product: with X = L M and Y = P Q it is X ⊗ Y = (L ⊗ P) (M ⊗ Q), of rank rank(X) rank(Y).</summary>
/// <param name="first">X (a, b).</param>
/// <param name="second">Y (c, d); the product is (a c, b d).</param>
internal sealed class KroneckerProduct(KroneckerFactor first, KroneckerFactor second) : ILowRankProduct
{
    /// <inheritdoc />
    public LazyTensor A { get; } = ComputedTensors.Kronecker(first.Right, second.Right);

    /// <inheritdoc />
    public LazyTensor B { get; } = ComputedTensors.Kronecker(first.Left, second.Left);

    /// <inheritdoc />
    public bool CanDecompose =>
        SvdLimits.Allows(first.Rows, first.Rank, first.Columns) && SvdLimits.Allows(second.Rows, second.Rank, second.Columns);

    /// <inheritdoc />
    public ILowRankSvd Decompose(CancellationToken cancellationToken) =>
        new KroneckerSvd(first.Decompose(cancellationToken), second.Decompose(cancellationToken));
}
