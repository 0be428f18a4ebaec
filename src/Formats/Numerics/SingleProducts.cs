namespace Transfuse.Formats.Numerics;

/// <summary>What products in float32 can hold.</summary>
internal static class SingleProducts
{
    // Of products up to this, only those smaller by 2^-26 lose bits: below the rounding of the whole.
    private static readonly double Smallest = Math.ScaleB(1, -100);

    /// <summary>
    /// Whether values whose largest product has this magnitude can be multiplied: it neither overflows, nor is so small that products lose bits. Zero can; NaN
    /// is not refused.
    /// </summary>
    public static bool CanHold(double largest) => !(largest > float.MaxValue || (largest != 0 && largest < Smallest));
}
