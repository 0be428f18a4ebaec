using System.Collections.Immutable;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>An MLX module that the tensors of a Hugging Face module go to.</summary>
/// <param name="Path">Its full path in mlx-lm.</param>
/// <param name="Key">Its path relative to the layer, or the full path outside the layers; what <c>keys</c> names.</param>
/// <param name="Layer">The layer index, or <see langword="null"/> outside the layers.</param>
/// <param name="Kind">The kind of MLX layer.</param>
internal sealed record MlxTarget(string Path, string Key, int? Layer, TargetKind Kind)
{
    /// <summary>What is done to the Hugging Face module's pair on the way, in order; empty for nothing.</summary>
    public ImmutableArray<ModuleStep> Steps { get; init; } = [];

    /// <summary>Which expert of the stacked layer the pair belongs to; <see langword="null"/> where it holds them all or there are none.</summary>
    public int? Expert => Steps.Expert();

    /// <summary>The rows of B that belong to the module; A is shared.</summary>
    public RowSelection Rows => Steps.Rows();

    /// <summary>Whether MLX keeps the transpose of the matrix: its A is B transposed, its B is A transposed.</summary>
    public bool Transposed => Steps.IsTransposed();

    /// <summary>What the rows of B (after selection) are multiplied by, in order; empty for nothing.</summary>
    public ImmutableArray<RowScale> Scale => Steps.Scale();
}
