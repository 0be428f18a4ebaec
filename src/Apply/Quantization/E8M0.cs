using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Quantization;

/// <summary>The scales of mxfp4 and mxfp8: powers of two, whose exponent is the byte less 127.</summary>
internal static class E8M0
{
    private const int Bias = 127;

    /// <summary>The value of a code in a dtype, in which it may be 0 or infinite.</summary>
    public static float Decode(byte code, DType dtype) => Power(code - Bias, dtype);

    /// <summary>2 to an exponent in a dtype.</summary>
    public static float Power(int exponent, DType dtype) => RoundTo.Value(MathF.ScaleB(1, exponent), dtype);

    /// <summary>The code of an exponent.</summary>
    public static byte Encode(int exponent) => unchecked((byte)(exponent + Bias));
}
