using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>One factor of a Kronecker product as a product Left Right, of the lowest rank that its shape allows.</summary>
/// <param name="Left">(rows, rank).</param>
/// <param name="Right">(rank, columns).</param>
internal sealed record KroneckerFactor(LazyTensor Left, LazyTensor Right)
{
    public long Rows => Left.Shape[0];

    public long Columns => Right.Shape[1];

    public long Rank => Left.Shape[1];

    /// <summary>A whole matrix: itself times an identity of its smaller side.</summary>
    public static KroneckerFactor Whole(LazyTensor matrix)
    {
        LazyTensor identity = ComputedTensors.Identity(Math.Min(matrix.Shape[0], matrix.Shape[1]));
        return matrix.Shape[0] <= matrix.Shape[1] ? new KroneckerFactor(identity, matrix) : new KroneckerFactor(matrix, identity);
    }

    /// <summary>A product; where its rank exceeds the smaller side it is multiplied out.</summary>
    /// <param name="left">(rows, r).</param>
    /// <param name="right">(r, columns).</param>
    public static KroneckerFactor Product(LazyTensor left, LazyTensor right) =>
        left.Shape[1] < Math.Min(left.Shape[0], right.Shape[1]) ? new KroneckerFactor(left, right) : Whole(ComputedTensors.Product(left, right));

    public SingularVectors Decompose(CancellationToken cancellationToken) =>
        ProductCore.Vectors(Matrix.Of(Left, cancellationToken), Matrix.Of(Right, cancellationToken), cancellationToken);
}
