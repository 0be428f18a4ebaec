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

    private static void RunElements<T>(ReadOnlySpan<byte> source, int sourceStride, Span<byte> destination, int destinationStride, int count)
        where T : unmanaged
    {
        for (int i = 0; i < count; i++)
        {
            MemoryMarshal.Write(destination[(i * destinationStride)..], MemoryMarshal.Read<T>(source[(i * sourceStride)..]));
        }
    }
}
