using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Another tensor in its own type, each element times a power of two.</summary>
internal sealed class PowerOfTwoTensor(LazyTensor source, int exponent) : ElementwiseTensor(source, source.DType)
{
    /// <inheritdoc />
    public override LazyTensor Select(int axis, AxisSelection selection) => new PowerOfTwoTensor(Source.Select(axis, selection), exponent);

    /// <inheritdoc />
    protected override void Apply(ReadOnlySpan<byte> source, Span<byte> destination, long first) =>
        PowerOfTwo.Multiply(DType, source, destination, exponent);
}
