using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Models.Architectures.Weights;

/// <summary>What mlx-lm makes of one tensor of the Hugging Face weight files.</summary>
/// <param name="Source">The tensor's name.</param>
internal sealed record TensorMapping(string Source)
{
    /// <summary>The MLX tensors; empty where the tensor is dropped or <see cref="Finding"/> says why.</summary>
    public ImmutableArray<TensorTarget> Targets { get; init; } = [];

    /// <summary>
    /// Whether the steps give mlx-lm's values. Where not, only the name is meant: norms, convolutions and the like, which
    /// mlx-lm may change in ways that no adapter sees.
    /// </summary>
    public bool IsExact { get; init; }

    /// <summary>What stands in the way.</summary>
    public Finding? Finding { get; init; }
}
