namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>The bytes of another tensor under another shape.</summary>
internal sealed class ReshapeTensor(LazyTensor source, TensorShape shape) : LazyTensor(source.DType, shape)
{
    /// <summary>The tensor whose bytes these are; never itself a reshape.</summary>
    public LazyTensor Source => source;

    /// <inheritdoc />
    public override bool SupportsRanges => source.SupportsRanges;

    /// <inheritdoc />
    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default) =>
        source.ReadRange(offset, destination, cancellationToken);

    /// <inheritdoc />
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) => source.CopyTo(destination, cancellationToken);
}
