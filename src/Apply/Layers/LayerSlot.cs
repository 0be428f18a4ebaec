using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Layers;

/// <summary>A place in a model for a layer: the model's own, or one that takes its place.</summary>
/// <example>
/// <code>
/// foreach ((string path, LayerSlot slot) in model.Slots)
/// {
///     Console.WriteLine($"{path}: {slot.Current.GetType().Name}");
/// }
/// </code>
/// </example>
public sealed class LayerSlot
{
    internal LayerSlot(ModelLayer original) => Original = Current = original;

    /// <summary>Its path in MLX.</summary>
    public string Path => Original.Path;

    /// <summary>The model's own layer.</summary>
    public ModelLayer Original { get; }

    /// <summary>The layer that computes now.</summary>
    public ModelLayer Current { get; internal set; }

    internal BackendArray Forward(BackendArray x) => ((LinearLayer)Current).Forward(x);

    internal BackendArray Forward(BackendArray x, BackendArray experts) => ((SwitchLayer)Current).Forward(x, experts);

    internal BackendArray Embed(BackendArray ids) => ((EmbeddingLayer)Current).Forward(ids);

    internal BackendArray AsLinear(BackendArray x) => ((EmbeddingLayer)Current).AsLinear(x);
}
