namespace Transfuse.Apply.Quantization;

/// <summary>
/// MLX's packing of small unsigned integers: a little-endian stream of bits, each value's lowest bit first. 1, 3 or 5 bytes hold a whole number of values.
/// </summary>
internal static class BitPacking
{
    /// <summary>Packs integers.</summary>
    /// <param name="values">Integers below 2^bits; their number times bits is a multiple of 32.</param>
    /// <param name="bits">2, 3, 4, 5, 6 or 8.</param>
    /// <param name="packed">Filled completely.</param>
    public static void Pack(ReadOnlySpan<int> values, int bits, Span<byte> packed)
    {
        int unitBytes = UnitBytes(bits);
        int perUnit = unitBytes * 8 / bits;
        while (!packed.IsEmpty)
        {
            ulong unit = 0;
            for (int i = perUnit - 1; i >= 0; i--)
            {
                unit = (unit << bits) | (uint)values[i];
            }

            for (int i = 0; i < unitBytes; i++)
            {
                packed[i] = (byte)(unit >> (8 * i));
            }

            values = values[perUnit..];
            packed = packed[unitBytes..];
        }
    }

    /// <summary>Replaces each packed integer by its entry of a table.</summary>
    /// <param name="packed">Packed integers.</param>
    /// <param name="bits">2, 3, 4, 5, 6 or 8.</param>
    /// <param name="table">2^bits entries.</param>
    /// <param name="destination">Filled completely.</param>
    public static void LookUp(ReadOnlySpan<byte> packed, int bits, ReadOnlySpan<float> table, Span<float> destination)
    {
        if (bits == 4)
        {
            LookUpNibbles(packed, table[..16], destination);
            return;
        }

        int unitBytes = UnitBytes(bits);
        int perUnit = unitBytes * 8 / bits;
        int mask = (1 << bits) - 1;
        table = table[..(mask + 1)];
        while (!packed.IsEmpty)
        {
            ulong unit = 0;
            for (int i = unitBytes - 1; i >= 0; i--)
            {
                unit = (unit << 8) | packed[i];
            }

            for (int i = 0; i < perUnit; i++)
            {
                destination[i] = table[(int)(unit >> (i * bits)) & mask];
            }

            packed = packed[unitBytes..];
            destination = destination[perUnit..];
        }
    }

    private static void LookUpNibbles(ReadOnlySpan<byte> packed, ReadOnlySpan<float> table, Span<float> destination)
    {
        destination = destination[..(2 * packed.Length)];
        for (int i = 0; i < packed.Length; i++)
        {
            destination[2 * i] = table[packed[i] & 15];
            destination[(2 * i) + 1] = table[packed[i] >> 4];
        }
    }

    private static int UnitBytes(int bits) => bits switch
    {
        3 or 6 => 3,
        5 => 5,
        _ => 1,
    };
}
