using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>A module outside the layers.</summary>
internal sealed record GlobalModule
{
    public required PathPattern Transformers5 { get; init; }

    public required PathPattern Transformers4 { get; init; }

    /// <summary>Other paths on the Hugging Face side.</summary>
    public required ImmutableArray<PathPattern> Aliases { get; init; }

    /// <summary>Its path in mlx-lm, or <see langword="null"/> where mlx-lm has no such module.</summary>
    public required PathPattern? Mlx { get; init; }

    /// <summary>Linear or embedding.</summary>
    public required TargetKind Kind { get; init; }

    /// <summary>What the model uses it for.</summary>
    public required ModuleRole Role { get; init; }

    /// <summary>Why MLX cannot adapt it, a word of <see cref="Reasons"/>, or <see langword="null"/>.</summary>
    public string? Refused { get; init; }

    /// <summary>All paths of the Hugging Face side.</summary>
    public ImmutableArray<PathPattern> HuggingFace => [Transformers5, Transformers4, .. Aliases];
}
