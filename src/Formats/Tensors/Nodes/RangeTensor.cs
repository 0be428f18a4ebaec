using Transfuse.Formats.Tensors.Buffers;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Consecutive bytes of another tensor, such as some of its rows.</summary>
internal sealed class RangeTensor : LazyTensor
{
    private readonly LazyTensor _source;
    private readonly long _offset;

    private RangeTensor(LazyTensor source, long offset, TensorShape shape)
        : base(source.DType, shape)
    {
        _source = source;
        _offset = offset;
    }

    /// <inheritdoc />
    public override bool SupportsRanges => _source.SupportsRanges;

    /// <summary>Takes bytes from an offset on, as many as the shape has; ranges of ranges and of reshapes refer to what is under them.</summary>
    public static RangeTensor Create(LazyTensor source, long offset, TensorShape shape) => source switch
    {
        RangeTensor range => new RangeTensor(range._source, range._offset + offset, shape),
        ReshapeTensor reshape => Create(reshape.Source, offset, shape),
        _ => new RangeTensor(source, offset, shape),
    };

    /// <inheritdoc />
    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        this.RequireRange(offset, destination.Length);
        _source.ReadRange(_offset + offset, destination, cancellationToken);
    }

    /// <inheritdoc />
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken)
    {
        if (SupportsRanges)
        {
            _source.ReadRange(_offset, destination, cancellationToken);
            return;
        }

        using PooledBuffer whole = PooledBuffer.Rent(_source.ByteLength);
        _source.CopyTo(whole.Span, cancellationToken);
        whole.Span.Slice((int)_offset, destination.Length).CopyTo(destination);
    }
}
