using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Another tensor as float32, each row (axis -2) times its own float32.</summary>
internal sealed class ScaleRowsTensor(LazyTensor source, ImmutableArray<float> factors) : ElementwiseTensor(source, DType.F32)
{
    /// <inheritdoc />
    public override LazyTensor Select(int axis, AxisSelection selection) => new ScaleRowsTensor(
        Source.Select(axis, selection),
        axis == Shape.Rank - 2 ? selection.Of(factors) : factors);

    /// <inheritdoc />
    protected override void Apply(ReadOnlySpan<byte> source, Span<byte> destination, long first)
    {
        FloatConversion.Run(Source.DType, source, DType.F32, destination);
        Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
        (long row, long column) = Math.DivRem(first, Shape[^1]);
        int factor = (int)(row % factors.Length);
        while (!values.IsEmpty)
        {
            int count = (int)Math.Min(values.Length, Shape[^1] - column);
            Span<float> part = values[..count];
            TensorPrimitives.Multiply(part, factors[factor], part);
            values = values[count..];
            factor = factor + 1 < factors.Length ? factor + 1 : 0;
            column = 0;
        }
    }
}
