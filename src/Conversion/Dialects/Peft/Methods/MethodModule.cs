using System.Collections.Immutable;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// A module as the product that its method stands for: delta = <see cref="Scale"/> x B A. Nothing is made before the rank is known to be allowed.
/// </summary>
internal sealed record MethodModule
{
    /// <summary>The module's path in the transformers model.</summary>
    public required string Path { get; init; }

    /// <summary>Number of outputs.</summary>
    public required long Outputs { get; init; }

    /// <summary>Number of inputs.</summary>
    public required long Inputs { get; init; }

    /// <summary>The rank of the product, by the shapes of its factors.</summary>
    public required long Rank { get; init; }

    /// <summary>The final multiplier.</summary>
    public required double Scale { get; init; }

    /// <summary>Makes the product.</summary>
    public required Func<ILowRankProduct> Product { get; init; }

    /// <summary>Tensors whose elements are multiplied with each other, in groups: the largest products must fit float32.</summary>
    public required ImmutableArray<ImmutableArray<LazyTensor>> Products { get; init; }
}
