using System.Runtime.CompilerServices;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>
/// Narrows float64 to float32 such that a later rounding to a type with at least two bits less gives what one rounding would have given:
/// what is not exact gets the neighbour whose last bit is 1.
/// </summary>
internal static class RoundToOdd
{
    /// <summary>Narrows as many elements as the source has. Too large becomes the largest finite float32, which is odd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToSingles(ReadOnlySpan<double> source, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = ToSingle(source[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float ToSingle(double value)
    {
        float nearest = (float)value;
        if (nearest == value || double.IsNaN(value))
        {
            return nearest;
        }

        uint bits = BitConverter.SingleToUInt32Bits(nearest);
        if (Math.Abs((double)nearest) > Math.Abs(value))
        {
            bits--;
        }

        return BitConverter.UInt32BitsToSingle(bits | 1);
    }
}
