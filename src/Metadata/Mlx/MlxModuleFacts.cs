using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Mlx;

/// <summary>A module of an MLX adapter file, by names and shapes.</summary>
/// <param name="Evidence">Its path and the shapes of its factors.</param>
/// <param name="Form">How its factors are named.</param>
internal sealed record MlxModuleFacts(ModuleEvidence Evidence, MlxFactorForm Form);
