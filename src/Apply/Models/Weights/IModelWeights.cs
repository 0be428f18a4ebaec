using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Models.Weights;

/// <summary>A model's tensors by their names in MLX.</summary>
internal interface IModelWeights
{
    /// <summary>All names.</summary>
    IReadOnlySet<string> Names { get; }

    /// <summary>A tensor, or <see langword="null"/>.</summary>
    LazyTensor? Find(string name);
}
