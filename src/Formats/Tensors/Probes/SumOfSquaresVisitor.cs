using System.Numerics;
using System.Numerics.Tensors;

namespace Transfuse.Formats.Tensors.Probes;

/// <summary>Sums the squares of all values in double precision.</summary>
internal struct SumOfSquaresVisitor : IValueVisitor
{
    private const int Piece = 1024;

    /// <summary>The sum so far; NaN or infinite where a value is.</summary>
    public double Sum { get; private set; }

    /// <inheritdoc />
    public bool Visit<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<double> wide = stackalloc double[Piece];
        for (int start = 0; start < values.Length; start += Piece)
        {
            ReadOnlySpan<T> piece = values[start..Math.Min(start + Piece, values.Length)];
            TensorPrimitives.ConvertTruncating(piece, wide);
            Sum += TensorPrimitives.SumOfSquares<double>(wide[..piece.Length]);
        }

        return double.IsFinite(Sum);
    }
}
