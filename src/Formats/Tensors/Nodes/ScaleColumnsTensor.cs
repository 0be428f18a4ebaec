using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Another tensor as float32, each column (axis -1) times its own float32.</summary>
internal sealed class ScaleColumnsTensor(LazyTensor source, ImmutableArray<float> factors) : ElementwiseTensor(source, DType.F32)
{
    /// <inheritdoc />
    public override LazyTensor Select(int axis, AxisSelection selection) => new ScaleColumnsTensor(
        Source.Select(axis, selection),
        axis == Shape.Rank - 1 ? selection.Of(factors) : factors);

    /// <inheritdoc />
    protected override void Apply(ReadOnlySpan<byte> source, Span<byte> destination, long first)
    {
        FloatConversion.Run(Source.DType, source, DType.F32, destination);
        Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
        int column = (int)(first % factors.Length);
        while (!values.IsEmpty)
        {
            int count = Math.Min(values.Length, factors.Length - column);
            Span<float> part = values[..count];
            TensorPrimitives.Multiply(part, factors.AsSpan().Slice(column, count), part);
            values = values[count..];
            column = 0;
        }
    }
}
