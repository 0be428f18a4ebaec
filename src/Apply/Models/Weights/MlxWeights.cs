using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Models.Weights;

/// <summary>Tensors that already have MLX's names and layout.</summary>
/// <param name="weights">The files.</param>
internal sealed class MlxWeights(BaseWeights weights) : IModelWeights
{
    /// <inheritdoc />
    public IReadOnlySet<string> Names { get; } = weights.Names.ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc />
    public LazyTensor? Find(string name) => weights.Find(name);
}
