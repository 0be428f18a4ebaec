namespace Transfuse.Formats.Numerics;

/// <summary>Which matrices are small enough to decompose.</summary>
internal static class SvdLimits
{
    /// <summary>The largest smaller side of what Jacobi rotations work on: two or three minutes of one core.</summary>
    public const int LargestCore = 2048;

    /// <summary>Whether the product of (out, r) and (r, in) can be decomposed.</summary>
    public static bool Allows(long outputs, long rank, long inputs) =>
        Math.Min(rank, Math.Min(outputs, inputs)) <= LargestCore && (Int128)rank * Math.Max(outputs, inputs) * sizeof(double) <= Array.MaxLength;
}
