using System.Numerics;
using System.Runtime.CompilerServices;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>Converts between bfloat16, the upper half of a float32, and float32.</summary>
internal static class BFloat16
{
    private const uint ExponentMask = 0x7F80_0000;
    private const uint MagnitudeMask = 0x7FFF_FFFF;
    private const uint QuietBit = 0x0040;
    private const uint JustBelowHalf = 0x7FFF;

    /// <summary>Widens; exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToSingles(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        while (source.Length >= Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source), out Vector<uint> low, out Vector<uint> high);
            Vector.AsVectorSingle(low << 16).CopyTo(destination);
            Vector.AsVectorSingle(high << 16).CopyTo(destination[Vector<float>.Count..]);
            source = source[Vector<ushort>.Count..];
            destination = destination[Vector<ushort>.Count..];
        }

        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    /// <summary>Rounds to nearest, ties to even; NaN stays NaN and becomes quiet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromSingles(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        while (source.Length >= Vector<ushort>.Count)
        {
            Vector<uint> low = Round(Vector.AsVectorUInt32(new Vector<float>(source)));
            Vector<uint> high = Round(Vector.AsVectorUInt32(new Vector<float>(source[Vector<float>.Count..])));
            Vector.Narrow(low, high).CopyTo(destination);
            source = source[Vector<ushort>.Count..];
            destination = destination[Vector<ushort>.Count..];
        }

        for (int i = 0; i < source.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(source[i]);
            destination[i] = (ushort)(float.IsNaN(source[i]) ? (bits >> 16) | QuietBit : (bits + JustBelowHalf + ((bits >> 16) & 1)) >> 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Round(Vector<uint> bits)
    {
        Vector<uint> upper = bits >> 16;
        Vector<uint> rounded = (bits + new Vector<uint>(JustBelowHalf) + (upper & Vector<uint>.One)) >> 16;
        Vector<uint> isNaN = Vector.GreaterThan(bits & new Vector<uint>(MagnitudeMask), new Vector<uint>(ExponentMask));
        return Vector.ConditionalSelect(isNaN, upper | new Vector<uint>(QuietBit), rounded);
    }
}
