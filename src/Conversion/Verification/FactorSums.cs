using System.Numerics.Tensors;
using Transfuse.Formats.Numerics;

namespace Transfuse.Conversion.Verification;

/// <summary>
/// The inner products of a factor's vectors in two adapters: of the first adapter's with each other, with the differences, and of the differences with each
/// other.
/// They are all that Frobenius norms of deltas depend on, and do not grow with the length of the vectors.
/// </summary>
/// <param name="vectors">How many vectors there are, as <see cref="FactorPiece.Vectors"/> counts.</param>
internal sealed class FactorSums(int vectors)
{
    private readonly double[] _first = new double[vectors * vectors];

    private double[]? _cross;
    private double[]? _difference;
    private bool _isMirrored;

    /// <summary>Whether any piece could differ.</summary>
    public bool Differs => _difference is not null;

    /// <summary>Sum of the squares of the first adapter's vectors.</summary>
    public double FirstSquares => InnerProducts.Trace(_first);

    /// <summary>Sum of the squares of the differences.</summary>
    public double DifferenceSquares => InnerProducts.Trace(_difference);

    /// <summary>Sum of the squares of the second adapter's vectors; never below zero.</summary>
    public double SecondSquares => Math.Max(0, FirstSquares - (2 * InnerProducts.Trace(_cross)) + DifferenceSquares);

    public void Add(FactorPiece piece)
    {
        InnerProducts.Add(piece.First, piece.First, FactorPiece.Stride, piece.PaddedLength, _first, isSymmetric: true);
        if (piece.Differs)
        {
            _cross ??= new double[vectors * vectors];
            _difference ??= new double[vectors * vectors];
            InnerProducts.Add(piece.First, piece.Difference, FactorPiece.Stride, piece.PaddedLength, _cross, isSymmetric: false);
            InnerProducts.Add(piece.Difference, piece.Difference, FactorPiece.Stride, piece.PaddedLength, _difference, isSymmetric: true);
        }
    }

    /// <summary>The inner products of the first adapter's vectors, symmetric.</summary>
    public Matrix FirstProducts()
    {
        Mirror();
        var products = new Matrix(vectors, vectors);
        _first.CopyTo(products.Values, 0);
        return products;
    }

    /// <summary>||B A||² of the first adapter: tr((Bᵀ B)(A Aᵀ)).</summary>
    public static double SquaredNorm(FactorSums a, FactorSums b)
    {
        a.Mirror();
        b.Mirror();
        return TensorPrimitives.Dot<double>(a._first, b._first);
    }

    /// <summary>
    /// ||B A - B' A'||². With D for the differences it is (DB) A' + B (DA), so that with X = [B DB] and Y = [A; DA] it is X C Y with C = [[0, 1], [1, -1]],
    /// and its squared norm is tr((Xᵀ X) C (Y Yᵀ) Cᵀ).
    /// </summary>
    public static double SquaredError(FactorSums a, FactorSums b)
    {
        a.Mirror();
        b.Mirror();
        double sum = 0;
        if (a._difference is not null)
        {
            sum += TensorPrimitives.Dot<double>(b._first, a._difference);
        }

        if (b._difference is null)
        {
            return sum;
        }

        for (int i = 0; i < a.Size; i++)
        {
            for (int j = 0; j < a.Size; j++)
            {
                int at = (i * a.Size) + j;
                double second = a._first[at];
                if (a._difference is not null)
                {
                    int mirrored = (j * a.Size) + i;
                    second += a._difference[at] - a._cross![at] - a._cross[mirrored];
                    sum += 2 * b._cross![at] * (a._cross[mirrored] - a._difference[at]);
                }

                sum += b._difference[at] * second;
            }
        }

        return sum;
    }

    private int Size => vectors;

    private void Mirror()
    {
        if (!_isMirrored)
        {
            InnerProducts.Mirror(_first);
            InnerProducts.Mirror(_difference);
            _isMirrored = true;
        }
    }
}
