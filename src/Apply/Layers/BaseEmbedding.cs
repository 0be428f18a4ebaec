using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Layers;

/// <summary>The embedding of the model itself.</summary>
internal sealed class BaseEmbedding : EmbeddingLayer
{
    private readonly ITensorBackend _backend;

    /// <summary>Makes a layer.</summary>
    /// <param name="path">Its path in MLX.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="weight">(V, d).</param>
    public BaseEmbedding(string path, ITensorBackend backend, BackendWeight weight)
        : base(path) => (_backend, Weight) = (backend, weight);

    /// <summary>The vectors, (V, d).</summary>
    public BackendWeight Weight { get; }

    /// <inheritdoc />
    public override BackendArray Forward(BackendArray ids) => _backend.Embed(Weight, ids);

    /// <inheritdoc />
    public override BackendArray AsLinear(BackendArray x) => _backend.Linear(x, Weight, null);
}
