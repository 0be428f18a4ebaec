using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Quantization;

/// <summary>The sixteen 4-bit floats of mxfp4 and nvfp4, and how MLX finds the nearest on a CPU (<c>ops.cpp:fp_quantize</c>).</summary>
internal static class E2M1
{
    // From here on MLX's rounded distances to neighbouring codes can be equal; below they are exact.
    private const float ExactBelow = 12;

    /// <summary>The value of each code.</summary>
    public static ReadOnlySpan<float> Values => [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    /// <summary>
    /// The nearest code. In the middle between two, the one nearer to zero; what rounds to zero is code 0 whatever its sign; so are NaN and infinity.
    /// </summary>
    /// <param name="value">The value, divided by the scale of its group.</param>
    /// <param name="dtype">The dtype in which MLX takes the distances.</param>
    public static uint Encode(float value, DType dtype)
    {
        float magnitude = MathF.Abs(value);
        if (!(magnitude < ExactBelow))
        {
            return EncodeByDistance(value, dtype);
        }

        uint code = Above(magnitude, 0.25f) + Above(magnitude, 0.75f) + Above(magnitude, 1.25f) + Above(magnitude, 1.75f)
            + Above(magnitude, 2.5f) + Above(magnitude, 3.5f) + Above(magnitude, 5);
        return code != 0 && value < 0 ? code | 8 : code;
    }

    private static uint Above(float value, float threshold) => value > threshold ? 1u : 0u;

    // argmin: the first of equal distances, and none is smaller than NaN or infinity.
    private static uint EncodeByDistance(float value, DType dtype)
    {
        uint nearest = 0;
        float smallest = Distance(value, 0, dtype);
        for (uint code = 1; code < 16; code++)
        {
            float distance = Distance(value, code, dtype);
            if (distance < smallest)
            {
                (nearest, smallest) = (code, distance);
            }
        }

        return nearest;
    }

    private static float Distance(float value, uint code, DType dtype) => MathF.Abs(RoundTo.Value(value - Values[(int)code], dtype));
}
