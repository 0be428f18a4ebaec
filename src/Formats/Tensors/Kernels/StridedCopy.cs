using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>Copies equally long blocks between places that are equally far apart.</summary>
internal static class StridedCopy
{
    /// <summary>Copies <paramref name="count"/> blocks. Strides are in bytes.</summary>
    public static void Run(ReadOnlySpan<byte> source, int sourceStride, Span<byte> destination, int destinationStride, int blockBytes, int count)
    {
        if (sourceStride == blockBytes && destinationStride == blockBytes)
        {
            source[..(count * blockBytes)].CopyTo(destination);
            return;
        }

        switch (blockBytes)
        {
            case 1:
                RunElements<byte>(source, sourceStride, destination, destinationStride, count);
                break;
            case 2:
                RunElements<ushort>(source, sourceStride, destination, destinationStride, count);
                break;
            case 4:
                RunElements<uint>(source, sourceStride, destination, destinationStride, count);
                break;
            case 8:
                RunElements<ulong>(source, sourceStride, destination, destinationStride, count);
                break;
            default:
                for (int i = 0; i < count; i++)
                {
                    source.Slice(i * sourceStride, blockBytes).CopyTo(destination[(i * destinationStride)..]);
                }

                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunElements<T>(ReadOnlySpan<byte> source, int sourceStride, Span<byte> destination, int destinationStride, int count)
        where T : unmanaged
    {
        if (count == 0)
        {
            return;
        }

        // The last block lies inside both spans, so all do.
        _ = source.Slice((count - 1) * sourceStride, Unsafe.SizeOf<T>());
        _ = destination.Slice((count - 1) * destinationStride, Unsafe.SizeOf<T>());
        ref byte from = ref MemoryMarshal.GetReference(source);
        ref byte to = ref MemoryMarshal.GetReference(destination);
        for (int i = 0; i < count; i++)
        {
            Unsafe.WriteUnaligned(ref to, Unsafe.ReadUnaligned<T>(in from));
            from = ref Unsafe.Add(ref from, sourceStride);
            to = ref Unsafe.Add(ref to, destinationStride);
        }
    }
}
