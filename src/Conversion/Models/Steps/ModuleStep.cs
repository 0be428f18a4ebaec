using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Steps;

/// <summary>
/// One operation on the way from transformers' layout to MLX's. Steps are data, taken in order, and interpreted in three places: on extents (<see
/// cref="StepsOnExtents"/>), on a tensor (<see cref="StepsOnTensor"/>) and on an adapter's module and back. The law: what they do to an adapter commutes with
/// what they do to the weight that it adapts.
/// </summary>
internal abstract record ModuleStep
{
    private protected ModuleStep()
    {
    }

    /// <summary>Swaps the last two axes: of an adapter A and B change places.</summary>
    public sealed record Transpose : ModuleStep;

    /// <summary>Takes rows: along the second axis from the end of a weight, along the last of a bias.</summary>
    /// <param name="Rows">Which ones.</param>
    public sealed record SelectRows(RowSelection Rows) : ModuleStep;

    /// <summary>All experts of a parameter become a stack of (out, in); of an adapter the factors of PEFT's <c>ParamWrapper</c> become stacked ones.</summary>
    /// <param name="Layout">How the parameter holds each expert.</param>
    public sealed record Pack(PackedLayout Layout) : ModuleStep;

    /// <summary>The tensor becomes element <paramref name="Expert"/> along a new first axis.</summary>
    /// <param name="Expert">The expert index.</param>
    public sealed record StackExpert(int Expert) : ModuleStep;

    /// <summary>Multiplies rows.</summary>
    /// <param name="Scale">Their factors.</param>
    public sealed record ScaleRows(ImmutableArray<RowScale> Scale) : ModuleStep;

    /// <summary>
    /// Views (heads x (first + second), in) as (heads, first + second, in) and takes the first rows of each head, transposed
    /// to (heads, in, first), or the second ones, (heads, second, in).
    /// </summary>
    /// <param name="Heads">Number of attention heads.</param>
    /// <param name="First">Rows of the keys per head.</param>
    /// <param name="Second">Rows of the values per head.</param>
    /// <param name="TakesFirst">Which of the two is taken.</param>
    public sealed record SplitHeads(long Heads, long First, long Second, bool TakesFirst) : ModuleStep;

    /// <summary>What is thrown where a step is not known.</summary>
    internal static ArgumentException IsUnknown(ModuleStep step) => new($"{step.GetType().Name} is a step that is not known.", nameof(step));
}
