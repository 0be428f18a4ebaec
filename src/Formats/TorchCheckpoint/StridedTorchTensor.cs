using System.Buffers;
using System.Collections.Immutable;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>A transposed, sliced or expanded view. It is gathered from the part of its storage that it spans.</summary>
/// <param name="source">The file.</param>
/// <param name="position">The first byte of the first element.</param>
/// <param name="dtype">Element type.</param>
/// <param name="shape">Extents; none is 0.</param>
/// <param name="strides">Distances in elements, at least 0.</param>
/// <param name="spanLength">Bytes from the first element to the end of the last.</param>
/// <param name="swapUnit">Bytes to reverse together; 1 where the file is little-endian.</param>
internal sealed class StridedTorchTensor(
    IByteSource source, long position, DType dtype, TensorShape shape, ImmutableArray<long> strides, int spanLength, int swapUnit)
    : LazyTensor(dtype, shape)
{
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(spanLength);
        try
        {
            Span<byte> span = buffer.AsSpan(0, spanLength);
            ChunkedRead.Fill(source, position, span, cancellationToken);
            StridedGather.Copy(span, DType.BitSize() / 8, Shape.Dimensions.AsSpan(), strides.AsSpan(), destination, cancellationToken);
            ElementOrder.Reverse(destination, swapUnit);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
