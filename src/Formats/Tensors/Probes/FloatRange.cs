namespace Transfuse.Formats.Tensors.Probes;

/// <summary>The ranges of the floating-point types.</summary>
internal static class FloatRange
{
    /// <summary>Largest finite magnitude.</summary>
    public static double LargestOf(DType dtype) => dtype switch
    {
        DType.F16 => 65504,
        DType.BF16 => (2 - Math.ScaleB(1, -7)) * Math.ScaleB(1, 127),
        DType.F32 => float.MaxValue,
        DType.F64 => double.MaxValue,
        _ => throw new ArgumentException($"{dtype.SafetensorsName()} is not float16, bfloat16, float32 or float64.", nameof(dtype)),
    };

    /// <summary>
    /// Smallest magnitude that rounds to infinity: half a unit in the last place above the largest, since that tie goes to the even infinity.
    /// </summary>
    public static double OverflowOf(DType dtype) => dtype switch
    {
        DType.F16 => 65520,
        DType.BF16 => (2 - Math.ScaleB(1, -8)) * Math.ScaleB(1, 127),
        DType.F32 => (2 - Math.ScaleB(1, -24)) * Math.ScaleB(1, 127),
        DType.F64 => double.PositiveInfinity,
        _ => throw new ArgumentException($"{dtype.SafetensorsName()} is not float16, bfloat16, float32 or float64.", nameof(dtype)),
    };
}
