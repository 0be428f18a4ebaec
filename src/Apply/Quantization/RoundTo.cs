using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Quantization;

/// <summary>float32 values rounded to those of another dtype, as MLX rounds after each operation on arrays of it: to nearest, ties to even.</summary>
internal static class RoundTo
{
    private const int BlockElements = 128;
    private const uint ExponentMask = 0x7F80_0000;
    private const uint MagnitudeMask = 0x7FFF_FFFF;
    private const uint UpperHalf = 0xFFFF_0000;
    private const uint JustBelowHalf = 0x7FFF;

    /// <summary>One value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Value(float value, DType dtype) => dtype switch
    {
        DType.F32 => value,
        DType.F16 => (float)(Half)value,
        _ when float.IsNaN(value) => value,
        _ => ToBFloat16(BitConverter.SingleToUInt32Bits(value)),
    };

    /// <summary>All values of a span, in place.</summary>
    /// <exception cref="ArgumentException">The dtype is not float32, float16 or bfloat16.</exception>
    public static void Values(Span<float> values, DType dtype)
    {
        switch (dtype)
        {
            case DType.F32:
                break;
            case DType.BF16:
                ToBFloat16(values);
                break;
            case DType.F16:
                ToHalf(values);
                break;
            default:
                throw new ArgumentException($"MLX does not quantize {dtype.SafetensorsName()}.", nameof(dtype));
        }
    }

    private static void ToHalf(Span<float> values)
    {
        Span<Half> block = stackalloc Half[BlockElements];
        while (!values.IsEmpty)
        {
            int count = Math.Min(BlockElements, values.Length);
            TensorPrimitives.ConvertToHalf(values[..count], block);
            TensorPrimitives.ConvertToSingle(block[..count], values);
            values = values[count..];
        }
    }

    private static void ToBFloat16(Span<float> values)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        while (bits.Length >= Vector<uint>.Count)
        {
            var value = new Vector<uint>(bits);
            Vector<uint> rounded = (value + new Vector<uint>(JustBelowHalf) + ((value >> 16) & Vector<uint>.One)) & new Vector<uint>(UpperHalf);
            Vector<uint> isNaN = Vector.GreaterThan(value & new Vector<uint>(MagnitudeMask), new Vector<uint>(ExponentMask));
            Vector.ConditionalSelect(isNaN, value, rounded).CopyTo(bits);
            bits = bits[Vector<uint>.Count..];
        }

        foreach (ref uint value in bits)
        {
            value = BitConverter.SingleToUInt32Bits(Value(BitConverter.UInt32BitsToSingle(value), DType.BF16));
        }
    }

    private static float ToBFloat16(uint bits) => BitConverter.UInt32BitsToSingle((bits + JustBelowHalf + ((bits >> 16) & 1)) & UpperHalf);
}
