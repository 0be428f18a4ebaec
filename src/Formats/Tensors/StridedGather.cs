using System.Runtime.InteropServices;

namespace Transfuse.Formats.Tensors;

/// <summary>Copies elements that lie at regular distances into row-major order.</summary>
internal static class StridedGather
{
    /// <param name="source">Whole elements; the tensor's first element is the first of them.</param>
    /// <param name="elementSize">Bytes of an element: 1, 2, 4 or 8.</param>
    /// <param name="sizes">Extents, outermost first; at least one, none 0.</param>
    /// <param name="strides">Distances in elements, at least 0; the last element lies inside the source.</param>
    /// <param name="destination">Exactly the elements of <paramref name="sizes"/>.</param>
    /// <param name="cancellationToken">Ends the work with <see cref="OperationCanceledException"/>.</param>
    public static void Copy(
        ReadOnlySpan<byte> source, int elementSize, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides, Span<byte> destination,
        CancellationToken cancellationToken)
    {
        switch (elementSize)
        {
            case 1:
                Copy(source, sizes, strides, destination, cancellationToken);
                break;
            case 2:
                Copy(MemoryMarshal.Cast<byte, ushort>(source), sizes, strides, MemoryMarshal.Cast<byte, ushort>(destination), cancellationToken);
                break;
            case 4:
                Copy(MemoryMarshal.Cast<byte, uint>(source), sizes, strides, MemoryMarshal.Cast<byte, uint>(destination), cancellationToken);
                break;
            case 8:
                Copy(MemoryMarshal.Cast<byte, ulong>(source), sizes, strides, MemoryMarshal.Cast<byte, ulong>(destination), cancellationToken);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(elementSize), elementSize, "Elements have 1, 2, 4 or 8 bytes.");
        }
    }

    private static void Copy<T>(
        ReadOnlySpan<T> source, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides, Span<T> destination, CancellationToken cancellationToken)
    {
        int last = sizes.Length - 1;
        int rowLength = (int)sizes[last];
        int rowStride = rowLength > 1 ? (int)strides[last] : 0;
        Span<long> index = stackalloc long[sizes.Length];
        index.Clear();
        int row = 0;
        while (!destination.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int i = 0, at = row; i < rowLength; i++, at += rowStride)
            {
                destination[i] = source[at];
            }

            destination = destination[rowLength..];
            row += Step(index[..last], sizes, strides);
        }
    }

    /// <summary>Advances the outer indices like an odometer and says how far the row's first element moves.</summary>
    private static int Step(Span<long> index, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides)
    {
        long moved = 0;
        for (int axis = index.Length - 1; axis >= 0; axis--)
        {
            if (++index[axis] < sizes[axis])
            {
                return (int)(moved + strides[axis]);
            }

            moved -= (sizes[axis] - 1) * strides[axis];
            index[axis] = 0;
        }

        return (int)moved;
    }
}
