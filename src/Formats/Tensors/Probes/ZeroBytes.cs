using System.Buffers.Binary;

namespace Transfuse.Formats.Tensors.Probes;

/// <summary>Tells elements that are zero from others by their bits.</summary>
internal static class ZeroBytes
{
    /// <summary>The bits of eight bytes that must be 0 in a zero: all but the sign, where the type has a negative zero.</summary>
    public static ulong MaskOf(DType dtype) => dtype switch
    {
        DType.F8E5M2 or DType.F8E4M3 => 0x7F7F_7F7F_7F7F_7F7F,
        DType.F16 or DType.BF16 => 0x7FFF_7FFF_7FFF_7FFF,
        DType.F32 or DType.C64 => 0x7FFF_FFFF_7FFF_FFFF,
        DType.F64 => 0x7FFF_FFFF_FFFF_FFFF,
        _ => ulong.MaxValue,
    };

    /// <summary>Whether all elements are zero; the bytes begin with an element.</summary>
    public static bool IsZero(ReadOnlySpan<byte> bytes, ulong mask)
    {
        int first = bytes.IndexOfAnyExcept((byte)0);
        if (first < 0)
        {
            return true;
        }

        bytes = bytes[(first & ~(sizeof(ulong) - 1))..];
        while (bytes.Length >= sizeof(ulong))
        {
            if ((BinaryPrimitives.ReadUInt64LittleEndian(bytes) & mask) != 0)
            {
                return false;
            }

            bytes = bytes[sizeof(ulong)..];
        }

        Span<byte> last = stackalloc byte[sizeof(ulong)];
        last.Clear();
        bytes.CopyTo(last);
        return (BinaryPrimitives.ReadUInt64LittleEndian(last) & mask) == 0;
    }
}
