using System.Collections.Immutable;
using System.Numerics.Tensors;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Profiles;

/// <summary>What the inner products of a module's factors tell of its delta.</summary>
/// <param name="Norm">Frobenius norm of all experts together; NaN where a factor is not finite.</param>
/// <param name="EffectiveRank">See <see cref="ModuleProfile.EffectiveRank"/>.</param>
/// <param name="StrongestExpert">The expert that changes most; 0 without experts.</param>
internal readonly record struct ModuleMeasure(double Norm, double? EffectiveRank, int StrongestExpert)
{
    /// <summary>Measures one module.</summary>
    public static ModuleMeasure Of(AdapterModule module, CancellationToken cancellationToken)
    {
        ModulePair pair = ModulePair.Of(module, null);
        if (module.Rank > AdapterProfiler.LargestRank)
        {
            return new ModuleMeasure(Math.Sqrt(pair.Compare(worstElement: false, cancellationToken).Difference.SquaredNorm), null, 0);
        }

        double squares = 0, ranks = 0, largest = -1;
        int strongest = 0, changed = 0;
        Visit(
            module,
            pair,
            (expert, norm, a, b) =>
            {
                squares += norm;
                if (norm > largest)
                {
                    (largest, strongest) = (norm, expert);
                }

                if (norm > 0 && double.IsFinite(norm))
                {
                    ranks += ParticipationRatio(a, b);
                    changed++;
                }
            },
            cancellationToken);
        return double.IsFinite(squares)
            ? new ModuleMeasure(Math.Sqrt(squares), changed == 0 ? 0 : ranks / changed, strongest)
            : new ModuleMeasure(double.NaN, null, 0);
    }

    /// <summary>The singular values of one expert's delta: those of Lᵀ M, with the triangles of Bᵀ B = L Lᵀ and A Aᵀ = M Mᵀ.</summary>
    public static ImmutableArray<double> SingularValues(AdapterModule module, int expert, CancellationToken cancellationToken)
    {
        ImmutableArray<double> values = [];
        ModulePair.Of(module, null).Sum(
            expert,
            1,
            (_, _, a, b) =>
                values = [.. JacobiSvd.Values(Cholesky.Lower(b).Transpose().Times(Cholesky.Lower(a)), cancellationToken).Take(module.Rank)],
            cancellationToken);
        return values;
    }

    private static void Visit(AdapterModule module, ModulePair pair, Action<int, double, Matrix, Matrix> visit, CancellationToken cancellationToken)
    {
        (LazyTensor a, LazyTensor b) = ModulePair.Vectors(module);
        if (!SixteenBitProducts.AreExact(a) || !SixteenBitProducts.AreExact(b))
        {
            pair.Sum(visit, cancellationToken);
            return;
        }

        double scale = (float)module.Scale;
        for (int expert = 0; expert < (a.Shape.Rank == 3 ? a.Shape[0] : 1); expert++)
        {
            Matrix ofA = SixteenBitProducts.Of(OfExpert(a, expert), cancellationToken), ofB = SixteenBitProducts.Of(OfExpert(b, expert), cancellationToken);
            double norm = TensorPrimitives.Dot<double>(ofA.Values, ofB.Values);
            if (SixteenBitProducts.AreGood(norm, InnerProducts.Trace(ofA.Values), InnerProducts.Trace(ofB.Values)))
            {
                visit(expert, norm * scale * scale, ofA, ofB);
            }
            else
            {
                pair.Sum(expert, 1, visit, cancellationToken);
            }
        }
    }

    private static LazyTensor OfExpert(LazyTensor vectors, int expert) =>
        vectors.Shape.Rank == 3 ? vectors.Slice(0, expert, 1).Reshape(new TensorShape(vectors.Shape.Dimensions[1..].AsSpan())) : vectors;

    // With P = (Bᵀ B)(A Aᵀ), whose eigenvalues are the squared singular values: tr(P)² / tr(P P).
    private static double ParticipationRatio(Matrix a, Matrix b)
    {
        var product = new Matrix(a.Rows, a.Rows);
        InnerProducts.Add(b.Values, a.Values, a.Rows, a.Rows, product.Values, isSymmetric: false);
        Matrix transposed = product.Transpose();
        double trace = InnerProducts.Trace(product.Values);

        // Rounding may leave a hair below the smallest ratio that there is.
        return Math.Max(1, trace * trace / TensorPrimitives.Dot<double>(product.Values, transposed.Values));
    }
}
