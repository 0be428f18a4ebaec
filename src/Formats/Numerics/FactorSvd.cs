using System.Collections.Immutable;
using System.Numerics.Tensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>The singular value decomposition of B A for any factors; what is written is made of them anew, so only the small core is held.</summary>
internal sealed class FactorSvd : ILowRankSvd
{
    private readonly LazyTensor _a;
    private readonly LazyTensor _b;
    private readonly ProductCore _core;

    private FactorSvd(LazyTensor a, LazyTensor b, ProductCore core)
    {
        _a = a;
        _b = b;
        _core = core;
        Values = [.. core.Values];
    }

    /// <inheritdoc />
    public ImmutableArray<double> Values { get; }

    /// <summary>Decomposes.</summary>
    /// <param name="a">A (r, in), finite.</param>
    /// <param name="b">B (out, r), finite.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static FactorSvd Decompose(LazyTensor a, LazyTensor b, CancellationToken cancellationToken) =>
        new(a, b, ProductCore.Of(Matrix.Of(b, cancellationToken), Matrix.Of(a, cancellationToken), cancellationToken));

    /// <inheritdoc />
    public (LazyTensor A, LazyTensor B) Truncate(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rank, Values.Length);
        return (
            new ComputedTensor(new TensorShape(rank, _a.Shape[1]), (destination, cancellationToken) => FillA(destination, rank, cancellationToken)),
            new ComputedTensor(new TensorShape(_b.Shape[0], rank), (destination, cancellationToken) => FillB(destination, rank, cancellationToken)));
    }

    private void FillA(Span<float> destination, int rank, CancellationToken cancellationToken)
    {
        Matrix a = Matrix.Of(_a, cancellationToken);
        double[] row = new double[a.Columns];
        for (int k = 0; k < rank; k++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Clear(row);
            for (int i = 0; i < a.Rows; i++)
            {
                TensorPrimitives.MultiplyAdd(a.Row(i), Share(_core.MixA, k, i), row, row);
            }

            TensorPrimitives.ConvertTruncating<double, float>(row, destination.Slice(k * a.Columns, a.Columns));
        }
    }

    private void FillB(Span<float> destination, int rank, CancellationToken cancellationToken)
    {
        Matrix b = Matrix.Of(_b, cancellationToken);
        var shares = new Matrix(rank, b.Columns);
        for (int k = 0; k < rank; k++)
        {
            for (int i = 0; i < b.Columns; i++)
            {
                shares[k, i] = Share(_core.MixB, k, i);
            }
        }

        for (int row = 0; row < b.Rows; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int k = 0; k < rank; k++)
            {
                destination[(row * rank) + k] = (float)TensorPrimitives.Dot<double>(b.Row(row), shares.Row(k));
            }
        }
    }

    // Each side has the value once, and is to have its root.
    private double Share(Matrix mix, int k, int i) => Values[k] == 0 ? 0 : mix[k, i] / Math.Sqrt(Values[k]);
}
