using System.Collections.Immutable;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>An MLX module that the tensors of a Hugging Face module go to.</summary>
/// <param name="Path">Its full path in mlx-lm.</param>
/// <param name="Key">Its path relative to the layer, or the full path outside the layers; what <c>keys</c> names.</param>
/// <param name="Layer">The layer index, or <see langword="null"/> outside the layers.</param>
/// <param name="Kind">The kind of MLX layer.</param>
public sealed record MlxTarget(string Path, string Key, int? Layer, TargetKind Kind)
{
    /// <summary>Which expert of the stacked layer the pair belongs to; <see langword="null"/> where it holds them all or there are none.</summary>
    public int? Expert { get; init; }

    /// <summary>The rows of B that belong to the module; A is shared.</summary>
    public RowSelection Rows { get; init; } = RowSelection.All;

    /// <summary>Whether MLX keeps the transpose of the matrix: its A is B transposed, its B is A transposed.</summary>
    public bool Transposed { get; init; }

    /// <summary>What the rows of B (after selection) are multiplied by, in order; empty for nothing.</summary>
    public ImmutableArray<RowScale> Scale { get; init; } = [];
}
