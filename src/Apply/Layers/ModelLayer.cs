namespace Transfuse.Apply.Layers;

/// <summary>A layer of a model that an adapter can take the place of.</summary>
/// <param name="path">Its path in MLX, such as <c>model.layers.3.self_attn.q_proj</c>.</param>
/// <seealso cref="Transfuse.Apply.Layers.LayerSlot" />
public abstract class ModelLayer(string path)
{
    /// <summary>Its path in MLX.</summary>
    public string Path { get; } = path;
}
