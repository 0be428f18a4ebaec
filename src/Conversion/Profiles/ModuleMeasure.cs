using System.Collections.Immutable;
using System.Numerics.Tensors;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Numerics;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Profiles;

/// <summary>What the inner products of a module's factors tell of its delta.</summary>
/// <param name="Norm">Frobenius norm of all experts together; NaN where a factor is not finite.</param>
/// <param name="EffectiveRank">See <see cref="ModuleProfile.EffectiveRank"/>.</param>
/// <param name="StrongestExpert">The expert that changes most; 0 without experts.</param>
internal readonly record struct ModuleMeasure(double Norm, double? EffectiveRank, int StrongestExpert)
{
    /// <summary>Measures one module.</summary>
    /// <param name="module">The module.</param>
    /// <param name="offer">Given the norm, and the inner products of the factors of the expert that changes most.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static ModuleMeasure Of(AdapterModule module, Action<double, Matrix, Matrix> offer, CancellationToken cancellationToken)
    {
        ModulePair pair = ModulePair.Of(module, null);
        if (module.Rank > AdapterProfiler.LargestRank)
        {
            return new ModuleMeasure(Math.Sqrt(pair.Compare(worstElement: false, cancellationToken).Difference.SquaredNorm), null, 0);
        }

        double squares = 0, ranks = 0, largest = -1;
        int strongest = 0, changed = 0;
        (Matrix A, Matrix B)? products = null;
        pair.Sum(
            (expert, norm, a, b) =>
            {
                squares += norm;
                if (norm > largest)
                {
                    (largest, strongest, products) = (norm, expert, (a, b));
                }

                if (norm > 0 && double.IsFinite(norm))
                {
                    ranks += ParticipationRatio(a, b);
                    changed++;
                }
            },
            cancellationToken);
        if (!double.IsFinite(squares))
        {
            return new ModuleMeasure(double.NaN, null, 0);
        }

        if (products is { } strong && changed > 0)
        {
            offer(Math.Sqrt(squares), strong.A, strong.B);
        }

        return new ModuleMeasure(Math.Sqrt(squares), changed == 0 ? 0 : ranks / changed, strongest);
    }

    /// <summary>The singular values of one expert's delta: those of Lᵀ M, with the triangles of Bᵀ B = L Lᵀ and A Aᵀ = M Mᵀ.</summary>
    /// <param name="module">The module.</param>
    /// <param name="expert">The expert; 0 where there are none.</param>
    /// <param name="products">Its A Aᵀ and Bᵀ B where they are known; else the factors are read.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static ImmutableArray<double> SingularValues(AdapterModule module, int expert, (Matrix A, Matrix B)? products, CancellationToken cancellationToken)
    {
        if (products is null)
        {
            ModulePair.Of(module, null).Sum(expert, 1, (_, _, a, b) => products = (a, b), cancellationToken);
        }

        (Matrix ofA, Matrix ofB) = products!.Value;
        return [.. JacobiSvd.Decompose(Cholesky.Lower(ofB).Transpose().Times(Cholesky.Lower(ofA)), cancellationToken).Values.Take(module.Rank)];
    }

    // With P = (Bᵀ B)(A Aᵀ), whose eigenvalues are the squared singular values: tr(P)² / tr(P P).
    private static double ParticipationRatio(Matrix a, Matrix b)
    {
        var product = new Matrix(a.Rows, a.Rows);
        InnerProducts.Add(b.Values, a.Values, a.Rows, a.Rows, product.Values, isSymmetric: false);
        Matrix transposed = product.Transpose();
        double trace = 0;
        for (int i = 0; i < product.Rows; i++)
        {
            trace += product[i, i];
        }

        // Rounding may leave a hair below the smallest ratio that there is.
        return Math.Max(1, trace * trace / TensorPrimitives.Dot<double>(product.Values, transposed.Values));
    }
}
