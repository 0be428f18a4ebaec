using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>A tensor whose elements lie in order in the file.</summary>
/// <param name="source">The file.</param>
/// <param name="position">The first byte.</param>
/// <param name="dtype">Element type.</param>
/// <param name="shape">Extents.</param>
/// <param name="swapUnit">Bytes to reverse together; 1 where the file is little-endian.</param>
internal sealed class ContiguousTorchTensor(IByteSource source, long position, DType dtype, TensorShape shape, int swapUnit)
    : LazyTensor(dtype, shape)
{
    public override bool SupportsRanges => swapUnit == 1;

    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        if (!SupportsRanges)
        {
            base.ReadRange(offset, destination, cancellationToken);
        }

        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, ByteLength - destination.Length);
        ChunkedRead.Fill(source, position + offset, destination, cancellationToken);
    }

    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken)
    {
        ChunkedRead.Fill(source, position, destination, cancellationToken);
        ElementOrder.Reverse(destination, swapUnit);
    }
}
