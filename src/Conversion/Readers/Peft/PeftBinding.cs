using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Outlines;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>The live layer that a pair of factors goes to.</summary>
/// <param name="Path">The path that PEFT's patterns match: of the module, or of the parameter.</param>
/// <param name="Place">Extents, where it is a module or a raw two-dimensional parameter.</param>
/// <param name="IsParameter">Whether it is wrapped as a parameter, which goes neither with dropout nor with DoRA.</param>
/// <param name="IsPacked">Whether the parameter holds experts, so that its factors are those of all of them.</param>
/// <param name="Packed">The axes of the parameter, where they are known.</param>
internal sealed record PeftBinding(string Path, HfSlot Place, bool IsParameter, bool IsPacked, PackedParameter? Packed)
{
    /// <summary>The paths that the patterns may match where it cannot be told which parameter it is; else the one of <see cref="Path"/>.</summary>
    public ImmutableArray<string> Candidates { get; init; } = [Path];
}
