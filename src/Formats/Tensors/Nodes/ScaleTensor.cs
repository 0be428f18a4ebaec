using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Another tensor as float32, each element times one float32.</summary>
internal sealed class ScaleTensor(LazyTensor source, float factor) : ElementwiseTensor(source, DType.F32)
{
    /// <inheritdoc />
    public override LazyTensor Select(int axis, AxisSelection selection) => new ScaleTensor(Source.Select(axis, selection), factor);

    /// <inheritdoc />
    protected override void Apply(ReadOnlySpan<byte> source, Span<byte> destination, long first)
    {
        FloatConversion.Run(Source.DType, source, DType.F32, destination);
        Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
        TensorPrimitives.Multiply(values, factor, values);
    }
}
