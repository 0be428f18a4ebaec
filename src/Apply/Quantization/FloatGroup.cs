using System.Numerics.Tensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Quantization;

/// <summary>One group of a form of small floats (MLX 0.31.2, <c>ops.cpp:fp_quantize</c>): each operation rounds to the dtype of the weights.</summary>
internal static class FloatGroup
{
    private const float LargestE2M1 = 6;
    private const float LargestE4M3 = 448;
    private const int LargestGroup = 32;

    /// <summary>Quantizes a group of mxfp4 or mxfp8, by its bits.</summary>
    /// <returns>The scale's byte.</returns>
    public static byte QuantizeMx(ReadOnlySpan<float> values, int bits, DType dtype, Span<byte> packed)
    {
        float share = Share(values, bits == 4 ? LargestE2M1 : LargestE4M3, dtype);

        // Rounded, not floored: the largest element may exceed what a code can hold, and saturates.
        int exponent = share == 0 ? 0 : (int)MathF.Round(RoundTo.Value(MathF.Log2(share), dtype));
        Span<float> scaled = stackalloc float[LargestGroup];
        scaled = scaled[..values.Length];
        TensorPrimitives.Divide(values, E8M0.Power(exponent, dtype), scaled);
        RoundTo.Values(scaled, dtype);
        if (bits == 4)
        {
            PackE2M1(scaled, dtype, packed);
        }
        else
        {
            for (int i = 0; i < scaled.Length; i++)
            {
                packed[i] = E4M3.Encode(scaled[i]);
            }
        }

        return E8M0.Encode(exponent);
    }

    /// <summary>Quantizes a group of nvfp4 without a global scale.</summary>
    /// <returns>The scale's byte.</returns>
    public static byte QuantizeNvFp4(ReadOnlySpan<float> values, DType dtype, Span<byte> packed)
    {
        byte code = E4M3.Encode(Share(values, LargestE2M1, dtype));
        Span<float> scaled = stackalloc float[LargestGroup];
        scaled = scaled[..values.Length];
        TensorPrimitives.Divide(values, RoundTo.Value(E4M3.Decode(code), dtype), scaled);
        RoundTo.Values(scaled, dtype);
        PackE2M1(scaled, DType.F32, packed);
        return code;
    }

    private static float Share(ReadOnlySpan<float> values, float largest, DType dtype) =>
        RoundTo.Value(MathF.Abs(TensorPrimitives.MaxMagnitude(values)) / largest, dtype);

    private static void PackE2M1(ReadOnlySpan<float> scaled, DType distances, Span<byte> packed)
    {
        for (int i = 0; i < packed.Length; i++)
        {
            packed[i] = (byte)(E2M1.Encode(scaled[2 * i], distances) | (E2M1.Encode(scaled[(2 * i) + 1], distances) << 4));
        }
    }
}
