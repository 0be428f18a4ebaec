using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary>A layer with low-rank factors beside the model's own.</summary>
/// <example>
/// <code>
/// using AdapterContainer container = AdapterContainer.FromFolder("adapters/llama", model.Source);
/// container.LoadInto(model);
/// foreach (ILoraLayer layer in container.Layers)
/// {
///     layer.Enabled = layer.Factors.Path.Layer &lt; 8;
/// }
/// </code>
/// </example>
public interface ILoraLayer
{
    /// <summary>Whether the factors count. True at first; false makes the layer compute what the model's own does, bit for bit.</summary>
    bool Enabled { get; set; }

    /// <summary>The factors in canonical orientation, with rank, scale and dropout. Dropout has no effect.</summary>
    AdapterModule Factors { get; }

    /// <summary>The model's own layer with the factors added to its weight, in float32.</summary>
    ModelLayer Fused();

    /// <summary>The model's own layer: the same object that was there before.</summary>
    ModelLayer Reverted();

    /// <summary>Frees what a backend keeps of the factors. The layer can still be used: they are then read again.</summary>
    void FreeFactors();
}
