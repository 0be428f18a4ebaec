using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>A matrix (out, in) as a product B A, exact to the rounding of float32. Nothing is computed before it is read.</summary>
internal interface ILowRankProduct
{
    /// <summary>A (r, in).</summary>
    LazyTensor A { get; }

    /// <summary>B (out, r).</summary>
    LazyTensor B { get; }

    /// <summary>Whether <see cref="Decompose"/> needs no array that is too large, and ends in a bearable time.</summary>
    bool CanDecompose { get; }

    /// <summary>Computes the singular values; all elements must be finite.</summary>
    ILowRankSvd Decompose(CancellationToken cancellationToken);
}
