using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures.Weights;

/// <summary>One operation on a base weight. Steps are data; they are applied in order.</summary>
public abstract record WeightStep
{
    private protected WeightStep()
    {
    }

    /// <summary>Swaps the last two axes.</summary>
    public sealed record Transpose : WeightStep;

    /// <summary>Takes rows: along the second axis from the end of a weight, along the last of a bias.</summary>
    /// <param name="Rows">Which ones.</param>
    public sealed record SelectRows(RowSelection Rows) : WeightStep;

    /// <summary>The tensor becomes element <paramref name="Expert"/> along a new first axis.</summary>
    /// <param name="Expert">The expert index.</param>
    public sealed record StackExpert(int Expert) : WeightStep;

    /// <summary>Multiplies rows.</summary>
    /// <param name="Scale">Their factors.</param>
    public sealed record ScaleRows(ImmutableArray<RowScale> Scale) : WeightStep;

    /// <summary>
    /// Views (heads x (first + second), in) as (heads, first + second, in) and takes the first rows of each head, transposed
    /// to (heads, in, first), or the second ones, (heads, second, in).
    /// </summary>
    /// <param name="Heads">Number of attention heads.</param>
    /// <param name="First">Rows of the keys per head.</param>
    /// <param name="Second">Rows of the values per head.</param>
    /// <param name="TakesFirst">Which of the two is taken.</param>
    public sealed record SplitHeads(long Heads, long First, long Second, bool TakesFirst) : WeightStep;
}
