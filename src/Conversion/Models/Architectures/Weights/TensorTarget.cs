using System.Collections.Immutable;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Weights;

/// <summary>A tensor of the MLX model that a Hugging Face tensor goes to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Steps">What is done on the way, in order; empty for nothing.</param>
internal sealed record TensorTarget(string Name, ImmutableArray<ModuleStep> Steps);
