namespace Transfuse.Apply.Quantization;

/// <summary>MLX's 8-bit floats with 4 bits of exponent and 3 of mantissa (<c>ToFP8</c>, <c>FromFP8</c> in unary_ops.h). Code 0x7F is 480, not NaN.</summary>
internal static class E4M3
{
    private const uint Largest = 0x43E0_0000; // 448
    private const uint SmallestNormal = 121u << 23; // 2^-6
    private const uint DenormalShift = 141u << 23; // 2^14, whose last bit is worth 2^-9
    private const uint Rebias = unchecked((uint)((7 - 127) << 23)) + 0x7FFFF;
    private static readonly float[] Decoded = [.. Enumerable.Range(0, 256).Select(Compute)];

    /// <summary>The value of a code.</summary>
    public static float Decode(byte code) => Decoded[code];

    /// <summary>The code of a value: to nearest even, at most 448; NaN and infinity become 448.</summary>
    public static byte Encode(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint sign = bits & 0x8000_0000;
        bits ^= sign;
        uint code = bits switch
        {
            >= Largest => 0x7E,
            < SmallestNormal =>
                BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(bits) + BitConverter.UInt32BitsToSingle(DenormalShift)) - DenormalShift,
            _ => unchecked(bits + Rebias + ((bits >> 20) & 1)) >> 20,
        };
        return (byte)(code | (sign >> 24));
    }

    private static float Compute(int code)
    {
        int exponent = (code >> 3) & 15;
        int mantissa = code & 7;
        float magnitude = exponent == 0 ? mantissa * MathF.ScaleB(1, -9) : (8 + mantissa) * MathF.ScaleB(1, exponent - 10);
        return code < 128 ? magnitude : -magnitude;
    }
}
