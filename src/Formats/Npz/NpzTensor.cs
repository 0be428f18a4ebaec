using System.Buffers;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Npz;

/// <summary>An array of an archive. It is always read as a whole, because only then its checksum can be compared.</summary>
internal sealed class NpzTensor(NpzMember member, NpyHeader header) : LazyTensor(header.Type.DType, header.Shape)
{
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken)
    {
        if (header.IsFortranOrder && Shape.Rank > 1 && !destination.IsEmpty)
        {
            ProducePermuted(destination, cancellationToken);
        }
        else
        {
            member.ReadElements(header.Length, destination, cancellationToken);
        }

        if (header.Type.IsBigEndian)
        {
            ElementOrder.Reverse(destination, ElementOrder.SwapUnit(DType));
        }
    }

    private void ProducePermuted(Span<byte> destination, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(destination.Length);
        try
        {
            Span<byte> elements = buffer.AsSpan(0, destination.Length);
            member.ReadElements(header.Length, elements, cancellationToken);
            Span<long> strides = stackalloc long[Shape.Rank];
            long stride = 1;
            for (int axis = 0; axis < strides.Length; axis++)
            {
                strides[axis] = stride;
                stride *= Shape[axis];
            }

            StridedGather.Copy(elements, DType.BitSize() / 8, Shape.Dimensions.AsSpan(), strides, destination, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
