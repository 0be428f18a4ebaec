namespace Transfuse.Formats.Numerics;

/// <summary>
/// The singular values of B A, and how its singular vectors are made of the factors' own. With the triangles of both, B = Q R and Aᵀ = P S, it is
/// B A = Q (R Sᵀ) Pᵀ, and only the small R Sᵀ = U diag(s) Vᵀ is decomposed. Neither Q nor P is formed: B (Sᵀ V) = Q U diag(s), and (Uᵀ R) A = diag(s) (P V)ᵀ.
/// </summary>
/// <param name="Values">s, largest first, min(out, r, in) of them.</param>
/// <param name="MixB">Vᵀ S, (k, r): times Bᵀ it gives the left singular vectors as rows, each times its value.</param>
/// <param name="MixA">Uᵀ R, (k, r): times A it gives the right singular vectors as rows, each times its value.</param>
internal sealed record ProductCore(double[] Values, Matrix MixB, Matrix MixA)
{
    /// <summary>Decomposes the product of B (out, r) and A (r, in), both finite.</summary>
    public static ProductCore Of(Matrix b, Matrix a, CancellationToken cancellationToken)
    {
        Matrix triangleB = HouseholderQr.Triangle(b.Transpose(), cancellationToken);
        Matrix triangleA = HouseholderQr.Triangle(a.Copy(), cancellationToken);
        SingularVectors core = JacobiSvd.Decompose(triangleB.Times(triangleA.Transpose()), cancellationToken);
        return new ProductCore(core.Values, core.Right.Times(triangleA), core.Left.Times(triangleB));
    }

    /// <summary>The whole decomposition of the product.</summary>
    public static SingularVectors Vectors(Matrix b, Matrix a, CancellationToken cancellationToken)
    {
        ProductCore core = Of(b, a, cancellationToken);
        Matrix left = core.MixB.Times(b.Transpose());
        Matrix right = core.MixA.Times(a);
        left.DivideRows(core.Values);
        right.DivideRows(core.Values);
        return new SingularVectors(core.Values, left, right);
    }
}
