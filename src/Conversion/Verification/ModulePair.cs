using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Verification;

/// <summary>The factors of one module in two adapters, or in one.</summary>
internal sealed class ModulePair
{
    /// <summary>Above this rank the inner products of all vectors take more memory than is worth it.</summary>
    public const int LargestSummedRank = 1024;

    // Triangles are of both adapters' vectors together.
    private const int LargestTriangleRank = 512;
    private const int MostExpertsTogether = 16;
    private const long SumBytes = 16 << 20;

    // Inner products are squares: where a norm is this much smaller than the product of the factors' norms, they have lost a third of their digits.
    private static readonly double SmallestShare = Math.ScaleB(1, -16);

    private readonly FactorPair _a;
    private readonly FactorPair _b;

    private ModulePair(FactorPair a, FactorPair b)
    {
        _a = a;
        _b = b;
    }

    /// <summary>Most memory that a comparison holds, roughly, in bytes; what is read included.</summary>
    public long Footprint
    {
        get
        {
            long rank = FactorPiece.RoundUp(_a.Vectors);
            long summed = Math.Min(rank, LargestSummedRank), joined = 2 * Math.Min(rank, LargestTriangleRank);
            long reads = 2 * Math.Max(FactorPair.ReadBytes, 2L * _a.Vectors * FactorPair.RunBytes);
            long pieces = 2 * 2 * rank * FactorPiece.Stride * sizeof(double);
            long sums = Math.Max(SumBytes, 6 * summed * summed * sizeof(double));
            long triangles = joined * ((4 * joined) + FactorPiece.Stride) * sizeof(double);
            return reads + pieces + sums + triangles;
        }
    }

    /// <summary>Pairs the factors. Two modules have the same kind and extents.</summary>
    public static ModulePair Of(AdapterModule first, AdapterModule? second)
    {
        (LazyTensor a, LazyTensor b) = Vectors(first);
        (LazyTensor? otherA, LazyTensor? otherB) = second is null ? default((LazyTensor?, LazyTensor?)) : Vectors(second);
        return new ModulePair(new FactorPair(a, otherA, (1, 1)), new FactorPair(b, otherB, ((float)first.Scale, (float)(second ?? first).Scale)));
    }

    /// <summary>Experts, outputs and inputs of the weight that a module changes.</summary>
    public static (long Experts, long Outputs, long Inputs) Extents(AdapterModule module)
    {
        (LazyTensor a, LazyTensor b) = Vectors(module);
        return (a.Shape.Rank == 3 ? a.Shape[0] : 1, b.Shape[^1], a.Shape[^1]);
    }

    /// <summary>
    /// Compares the deltas in double precision. The norm of a delta is tr((Bᵀ B)(A Aᵀ)), that of a difference the same sum over the factors' differences: no
    /// delta is formed, and equal factors cost one pass over each. Where the result is small against the factors, squares lose digits; there the triangles of
    /// both factors give it anew. Norms have a relative error of at most about 1e-11; where two deltas are one product of different factors, what rounding
    /// leaves is about 1e-15 of the factors' norms.
    /// </summary>
    /// <param name="worstElement">Whether to find the largest difference of an element.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The sums, and whether all factors have the same form and bytes.</returns>
    public (DeltaDifference Difference, bool IsBitEqual) Compare(bool worstElement, CancellationToken cancellationToken)
    {
        using var pieceOfA = new FactorPiece(_a.Vectors);
        using var pieceOfB = new FactorPiece(_b.Vectors);
        var total = default(DeltaDifference);
        bool isBitEqual = _a.HasSameForm && _b.HasSameForm;
        int together = ExpertsTogether(pieceOfA.Vectors);
        for (int expert = 0; expert < _a.Experts; expert += together)
        {
            int count = Math.Min(together, _a.Experts - expert);
            if (pieceOfA.Vectors > LargestSummedRank)
            {
                total = total.Plus(DeltaElements.Compare(_a, _b, expert, out bool differs, cancellationToken));
                isBitEqual &= !differs;
                continue;
            }

            FactorSums[] sumsOfA = Sum(_a, expert, count, pieceOfA, cancellationToken);
            FactorSums[] sumsOfB = Sum(_b, expert, count, pieceOfB, cancellationToken);
            for (int i = 0; i < count; i++)
            {
                bool differs = sumsOfA[i].Differs || sumsOfB[i].Differs;
                DeltaDifference difference = Evaluate(sumsOfA[i], sumsOfB[i], expert + i, pieceOfA, pieceOfB, cancellationToken);
                double? worst = !worstElement ? null : differs ? DeltaElements.Compare(_a, _b, expert + i, out _, cancellationToken).WorstElement : 0;
                total = total.Plus(difference with { WorstElement = worst });
                isBitEqual &= !differs;
            }
        }

        return (worstElement ? total : total with { WorstElement = null }, isBitEqual);
    }

    /// <summary>Whether all factors have the same form and bytes, and finite values: their deltas are then one, whatever it is.</summary>
    public bool IsBitEqual(CancellationToken cancellationToken) => _a.IsBitEqual(cancellationToken) && _b.IsBitEqual(cancellationToken);

    /// <summary>Gives the first adapter's inner products, expert by expert. Ranks up to <see cref="LargestSummedRank"/>.</summary>
    /// <param name="visit">Given the expert, ||B A||² of its delta, A Aᵀ, and Bᵀ B with the square of the scale.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public void Sum(Action<int, double, Matrix, Matrix> visit, CancellationToken cancellationToken) => Sum(0, _a.Experts, visit, cancellationToken);

    /// <summary>Gives the first adapter's inner products of some experts.</summary>
    public void Sum(int firstExpert, int experts, Action<int, double, Matrix, Matrix> visit, CancellationToken cancellationToken)
    {
        using var pieceOfA = new FactorPiece(_a.Vectors);
        using var pieceOfB = new FactorPiece(_b.Vectors);
        int together = ExpertsTogether(pieceOfA.Vectors);
        for (int expert = firstExpert; expert < firstExpert + experts; expert += together)
        {
            int count = Math.Min(together, firstExpert + experts - expert);
            FactorSums[] sumsOfA = Sum(_a, expert, count, pieceOfA, cancellationToken);
            FactorSums[] sumsOfB = Sum(_b, expert, count, pieceOfB, cancellationToken);
            for (int i = 0; i < count; i++)
            {
                double norm = Evaluate(sumsOfA[i], sumsOfB[i], expert + i, pieceOfA, pieceOfB, cancellationToken).SquaredNorm;
                visit(expert + i, norm, sumsOfA[i].FirstProducts(), sumsOfB[i].FirstProducts());
            }
        }
    }

    // Each factor as vectors, one after the other: (r, n), or (E, r, n).
    internal static (LazyTensor A, LazyTensor B) Vectors(AdapterModule module)
    {
        switch (module.Kind)
        {
            case ModuleKind.Experts:
                return (module.A, module.B.Permute(0, 2, 1));
            case ModuleKind.PackedParameter:
                // Which side A acts on does not matter to the comparison of two that lie in the same way.
                (LazyTensor a, LazyTensor b) = PackedExperts.Unpack(module.A, module.B, module.A.Shape[0] / Math.Max(1, module.Rank), actsOnInput: true);
                return (a, b.Permute(0, 2, 1));
            case ModuleKind.Convolution:
                return (Flat(module.A, module.A.Shape[0]), Flat(module.B, module.B.Shape[0]).Transpose());
            default:
                return (module.A, module.B.Transpose());
        }
    }

    private static LazyTensor Flat(LazyTensor tensor, long rows) => tensor.Reshape(new TensorShape(rows, tensor.Shape.ElementCount / Math.Max(1, rows)));

    private static FactorSums[] Sum(FactorPair pair, int expert, int count, FactorPiece piece, CancellationToken cancellationToken)
    {
        FactorSums[] sums = [.. Enumerable.Range(0, count).Select(_ => new FactorSums(piece.Vectors))];
        pair.Read(expert, count, piece, i => sums[i].Add(piece), cancellationToken);
        return sums;
    }

    private DeltaDifference Evaluate(FactorSums a, FactorSums b, int expert, FactorPiece pieceOfA, FactorPiece pieceOfB, CancellationToken cancellationToken)
    {
        double norm = FactorSums.SquaredNorm(a, b), error = FactorSums.SquaredError(a, b);
        double largestNorm = Math.Sqrt(a.FirstSquares * b.FirstSquares);
        double largestError = Math.Sqrt(b.DifferenceSquares * a.SecondSquares) + Math.Sqrt(b.FirstSquares * a.DifferenceSquares);
        bool normIsGood = norm >= SmallestShare * largestNorm * largestNorm, errorIsGood = error >= SmallestShare * largestError * largestError;
        if ((normIsGood && errorIsGood) || !double.IsFinite(largestNorm + largestError))
        {
            return new DeltaDifference(norm, error);
        }

        if (pieceOfA.Vectors > LargestTriangleRank)
        {
            return DeltaElements.Compare(_a, _b, expert, out _, cancellationToken);
        }

        FactorTriangle ofA = FactorTriangle.Of(_a, expert, pieceOfA, cancellationToken), ofB = FactorTriangle.Of(_b, expert, pieceOfB, cancellationToken);
        return new DeltaDifference(
            normIsGood ? norm : FactorTriangle.SquaredNorm(ofA, ofB),
            errorIsGood ? error : FactorTriangle.SquaredError(ofA, ofB));
    }

    private int ExpertsTogether(int vectors)
    {
        long byBytes = FactorPair.ReadBytes / Math.Max(1, Math.Max(_a.ExpertBytes, _b.ExpertBytes));
        long bySums = SumBytes / Math.Max(1, 6L * vectors * vectors * sizeof(double));
        return vectors > LargestSummedRank ? 1 : (int)Math.Clamp(Math.Min(byBytes, bySums), 1, MostExpertsTogether);
    }
}
