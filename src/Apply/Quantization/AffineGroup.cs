using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Transfuse.Apply.Quantization;

/// <summary>One group of the affine form (MLX 0.31.2, <c>backend/cpu/quantized.cpp:quantize</c>).</summary>
internal static class AffineGroup
{
    private const float SmallestScale = 1e-7f;
    private const int LargestGroup = 128;

    /// <summary>Quantizes a group in float32. The codes are those of the unrounded scale and bias.</summary>
    /// <returns>The scale, negative where the largest magnitude is the maximum's, and the bias.</returns>
    public static (float Scale, float Bias) Quantize(ReadOnlySpan<float> values, int bits, Span<byte> packed)
    {
        float steps = (1 << bits) - 1;
        float minimum = TensorPrimitives.Min(values);
        float maximum = TensorPrimitives.Max(values);
        bool minimumIsEdge = MathF.Abs(minimum) > MathF.Abs(maximum);
        float scale = MathF.Max((maximum - minimum) / steps, SmallestScale);
        scale = minimumIsEdge ? scale : -scale;
        float edge = minimumIsEdge ? minimum : maximum;
        float edgeCode = MathF.Round(edge / scale);
        float bias = 0;
        if (edgeCode != 0)
        {
            scale = edge / edgeCode;
            bias = edge;
        }

        Span<int> codes = stackalloc int[LargestGroup];
        Encode(values, scale, bias, steps, codes);
        BitPacking.Pack(codes[..values.Length], bits, packed);
        return (scale, bias);
    }

    // Groups are multiples of 16, so no vector of up to 512 bits leaves a rest.
    private static void Encode(ReadOnlySpan<float> values, float scale, float bias, float steps, Span<int> codes)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        Span<Vector<int>> encoded = MemoryMarshal.Cast<int, Vector<int>>(codes);
        for (int i = 0; i < vectors.Length; i++)
        {
            Vector<float> code = Vector.Round((vectors[i] - new Vector<float>(bias)) / new Vector<float>(scale));
            encoded[i] = Vector.ConvertToInt32(Vector.Min(Vector.Max(code, Vector<float>.Zero), new Vector<float>(steps)));
        }
    }
}
