namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>Products of extents that come from a file.</summary>
internal static class MethodRanks
{
    /// <summary>The product of two extents, or the largest number where it does not fit; no limit allows that.</summary>
    public static long Multiply(long first, long second) => (long)Int128.Min((Int128)first * second, long.MaxValue);
}
