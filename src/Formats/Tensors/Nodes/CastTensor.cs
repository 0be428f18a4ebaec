using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>The elements of another tensor, rounded once to another floating-point type.</summary>
internal sealed class CastTensor(LazyTensor source, DType dtype) : ElementwiseTensor(source, dtype)
{
    /// <inheritdoc />
    public override LazyTensor Select(int axis, AxisSelection selection) => Source.Select(axis, selection).Cast(DType);

    /// <inheritdoc />
    protected override void Apply(ReadOnlySpan<byte> source, Span<byte> destination, long first) =>
        FloatConversion.Run(Source.DType, source, DType, destination);
}
