using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Probes;

/// <summary>Finds out whether elements can be multiplied by a power of two and back without a change.</summary>
internal static class ExactScaling
{
    private const int BlockBytes = 4096;

    // Beyond this every element but 0 leaves the range of float64.
    private const int LargestExponent = 4096;

    /// <summary>Whether every finite element survives.</summary>
    public static bool Survives(DType dtype, ReadOnlySpan<byte> elements, int exponent)
    {
        exponent = Math.Clamp(exponent, -LargestExponent, LargestExponent);
        Span<byte> block = stackalloc byte[BlockBytes];
        while (!elements.IsEmpty)
        {
            ReadOnlySpan<byte> before = elements[..Math.Min(BlockBytes, elements.Length)];
            Span<byte> after = block[..before.Length];
            PowerOfTwo.Multiply(dtype, before, after, exponent);
            PowerOfTwo.Multiply(dtype, after, after, -exponent);
            if (!after.SequenceEqual(before) && !HasSameValues(dtype, before, after))
            {
                return false;
            }

            elements = elements[before.Length..];
        }

        return true;
    }

    // Arithmetic may change the bits of NaN, which stays NaN.
    private static bool HasSameValues(DType dtype, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int count = left.Length / (dtype.BitSize() / 8);
        double[] leftValues = new double[count];
        double[] rightValues = new double[count];
        FloatConversion.Run(dtype, left, DType.F64, MemoryMarshal.AsBytes(leftValues.AsSpan()));
        FloatConversion.Run(dtype, right, DType.F64, MemoryMarshal.AsBytes(rightValues.AsSpan()));
        return leftValues.SequenceEqual(rightValues);
    }
}
