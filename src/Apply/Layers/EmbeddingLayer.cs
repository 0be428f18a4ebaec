using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Layers;

/// <summary>A vector for each id, which may serve as the head too.</summary>
/// <param name="path">Its path in MLX.</param>
internal abstract class EmbeddingLayer(string path) : ModelLayer(path)
{
    /// <summary>int32 ids (...) to vectors (..., d).</summary>
    public abstract BackendArray Forward(BackendArray ids);

    /// <summary>Vectors (..., d) to scores of all ids (..., V): the head of a model that ties it.</summary>
    public abstract BackendArray AsLinear(BackendArray x);
}
