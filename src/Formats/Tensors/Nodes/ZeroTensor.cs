namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Zero bytes, which are zeros in every element type that has one.</summary>
internal sealed class ZeroTensor(DType dtype, TensorShape shape) : LazyTensor(dtype, shape), ISelectThrough
{
    /// <inheritdoc />
    public override bool SupportsRanges => true;

    /// <inheritdoc />
    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        this.RequireRange(offset, destination.Length);
        destination.Clear();
    }

    /// <inheritdoc />
    public LazyTensor Select(int axis, AxisSelection selection) => new ZeroTensor(DType, Shape.WithExtent(axis, selection.Count));

    /// <inheritdoc />
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) => destination.Clear();
}
