namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>
/// Floats of eight bits by OCP's specification (OFP8 1.0, 2023): E4M3 has NaN at 0x7F and 0xFF and no infinity; E5M2 has IEEE 754's infinities and NaN.
/// bfloat16 and float32 hold every value of both exactly.
/// </summary>
internal static class EightBitFloat
{
    private static readonly float[] E4M3 = Table(exponentBits: 4, hasInfinity: false);
    private static readonly float[] E5M2 = Table(exponentBits: 5, hasInfinity: true);

    /// <summary>Converts as many elements as the source has.</summary>
    public static void ToSingles(DType from, ReadOnlySpan<byte> source, Span<float> destination)
    {
        float[] values = from == DType.F8E4M3 ? E4M3 : E5M2;
        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = values[source[i]];
        }
    }

    private static float[] Table(int exponentBits, bool hasInfinity)
    {
        int mantissaBits = 7 - exponentBits;
        int bias = (1 << (exponentBits - 1)) - 1;
        int mostExponent = (1 << exponentBits) - 1;
        int mostMantissa = (1 << mantissaBits) - 1;
        float[] values = new float[256];
        for (int bits = 0; bits < values.Length; bits++)
        {
            int exponent = (bits >> mantissaBits) & mostExponent;
            int mantissa = bits & mostMantissa;
            float size = exponent == mostExponent && hasInfinity ? mantissa == 0 ? float.PositiveInfinity : float.NaN
                : exponent == mostExponent && mantissa == mostMantissa ? float.NaN
                : exponent == 0 ? MathF.ScaleB(mantissa, 1 - bias - mantissaBits)
                : MathF.ScaleB((1 << mantissaBits) + mantissa, exponent - bias - mantissaBits);
            values[bits] = bits < 128 ? size : -size;
        }

        return values;
    }
}
