using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>
/// The singular value decomposition of a Kronecker product: its values are the products of the factors' values, its vectors the Kronecker products of the
/// factors' vectors. Only the factors are decomposed.
/// </summary>
internal sealed class KroneckerSvd : ILowRankSvd
{
    private readonly SingularVectors _first;
    private readonly SingularVectors _second;
    private readonly (int First, int Second)[] _order;

    /// <summary>Combines the decompositions of the two factors.</summary>
    public KroneckerSvd(SingularVectors first, SingularVectors second)
    {
        _first = first;
        _second = second;
        _order =
        [
            .. Enumerable.Range(0, first.Values.Length).SelectMany(i => Enumerable.Range(0, second.Values.Length).Select(j => (i, j)))
                .OrderByDescending(pair => ValueOf(pair)),
        ];
        Values = [.. _order.Select(ValueOf)];
    }

    /// <inheritdoc />
    public ImmutableArray<double> Values { get; }

    /// <inheritdoc />
    public (LazyTensor A, LazyTensor B) Truncate(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rank, Values.Length);
        int inputs = checked(_first.Right.Columns * _second.Right.Columns);
        int outputs = checked(_first.Left.Columns * _second.Left.Columns);
        return (
            new ComputedTensor(new TensorShape(rank, inputs), (destination, cancellationToken) => FillA(destination, rank, cancellationToken)),
            new ComputedTensor(new TensorShape(outputs, rank), (destination, cancellationToken) => FillB(destination, rank, cancellationToken)));
    }

    private double ValueOf((int First, int Second) pair) => _first.Values[pair.First] * _second.Values[pair.Second];

    private void FillA(Span<float> destination, int rank, CancellationToken cancellationToken)
    {
        int at = 0;
        for (int k = 0; k < rank; k++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double root = Math.Sqrt(Values[k]);
            foreach (double outer in _first.Right.Row(_order[k].First))
            {
                foreach (double inner in _second.Right.Row(_order[k].Second))
                {
                    destination[at++] = (float)(root * outer * inner);
                }
            }
        }
    }

    private void FillB(Span<float> destination, int rank, CancellationToken cancellationToken)
    {
        for (int k = 0; k < rank; k++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double root = Math.Sqrt(Values[k]);
            int at = k;
            foreach (double outer in _first.Left.Row(_order[k].First))
            {
                foreach (double inner in _second.Left.Row(_order[k].Second))
                {
                    destination[at] = (float)(root * outer * inner);
                    at += rank;
                }
            }
        }
    }
}
