namespace Transfuse.Conversion.Models.Architectures;

/// <summary>The numbers that stand for a pattern's placeholders; -1 where the pattern has no such placeholder.</summary>
/// <param name="Expert">The expert index, <c>{e}</c>.</param>
/// <param name="Item">The index of a sub-module, <c>{j}</c>.</param>
internal readonly record struct PathIndices(int Expert, int Item)
{
    /// <summary>No placeholder.</summary>
    public static PathIndices None { get; } = new(-1, -1);
}
