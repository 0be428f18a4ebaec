using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Transfuse.Formats.Tensors;

/// <summary>Turns big-endian elements into little-endian ones and back.</summary>
internal static class ElementOrder
{
    /// <summary>Bytes that are reversed together: the element, but each half of a complex number for itself.</summary>
    public static int SwapUnit(DType dtype) => dtype == DType.C64 ? 4 : dtype.BitSize() / 8;

    /// <summary>Reverses every unit in place.</summary>
    /// <param name="bytes">Whole units.</param>
    /// <param name="unit">1, 2, 4 or 8.</param>
    public static void Reverse(Span<byte> bytes, int unit)
    {
        switch (unit)
        {
            case 1:
                break;
            case 2:
                Span<ushort> halves = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(halves, halves);
                break;
            case 4:
                Span<uint> words = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(words, words);
                break;
            case 8:
                Span<ulong> longs = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(unit), unit, "Units have 1, 2, 4 or 8 bytes.");
        }
    }
}
