using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures.Inference;

/// <summary>Model types that accept all modules of an adapter and map them in the same way.</summary>
/// <param name="ModelTypes">The model types in the order of the table.</param>
/// <param name="NeedsBaseConfig">Whether how they map depends on the base model's configuration.</param>
internal sealed record ModelTypeCandidate(ImmutableArray<string> ModelTypes, bool NeedsBaseConfig);
