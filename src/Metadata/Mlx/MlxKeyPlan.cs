using System.Collections.Immutable;

namespace Transfuse.Metadata.Mlx;

/// <summary>Which keys reach the modules of an adapter, and in how many layers.</summary>
/// <param name="Keys">The keys, sorted (ordinal).</param>
/// <param name="NumLayers">The value for <c>num_layers</c>.</param>
/// <param name="Excess">Modules that the keys also reach but that the adapter does not have; counted among the layers that are known.</param>
internal sealed record MlxKeyPlan(ImmutableArray<string> Keys, int NumLayers, long Excess);
