using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>Where the tensors of a Hugging Face module or parameter go in MLX, or why nowhere.</summary>
/// <param name="Source">The Hugging Face path as given.</param>
internal sealed record MlxMapping(string Source)
{
    /// <summary>
    /// What the path names; <see cref="HfForm.Module"/> also where only transformers 5 has a raw parameter, because the factors are the same.
    /// </summary>
    public HfForm Form { get; init; }

    /// <summary>The MLX modules; empty where <see cref="Finding"/> says why.</summary>
    public ImmutableArray<MlxTarget> Targets { get; init; } = [];

    /// <summary>Why there are no targets; an information where leaving the module out changes nothing.</summary>
    public Finding? Finding { get; init; }

    internal MappingGap Gap { get; init; }

    /// <summary>The axes, where the path names a packed parameter.</summary>
    public PackedParameter? Packed { get; init; }

    /// <summary>Whether the mapping is right only if the base model's head is no alias of its embedding, which the configuration does not say.</summary>
    public bool RequiresUntiedHead { get; init; }
}
