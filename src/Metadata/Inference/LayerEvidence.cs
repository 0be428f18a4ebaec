namespace Transfuse.Metadata.Inference;

/// <summary>What an adapter's module names tell of the layers of its base.</summary>
/// <param name="First">The lowest adapted layer.</param>
/// <param name="Last">The highest adapted layer.</param>
/// <param name="Count">How many layers are adapted.</param>
/// <param name="IsUniform">Whether every adapted layer has the same modules, under the same root.</param>
internal sealed record LayerEvidence(int First, int Last, int Count, bool IsUniform)
{
    /// <summary>Number of layers from the first to the last adapted one. <c>num_layers</c> below it cannot be right: MLX takes the last N layers.</summary>
    public long Span => (long)Last - First + 1;

    /// <summary>Whether no layer between the first and the last is left out.</summary>
    public bool IsContiguous => Count == Span;

    /// <summary>Whether the last <paramref name="layers"/> layers of a base are exactly those from <see cref="First"/> on.</summary>
    public bool IsReachedBy(long layers, int? baseLayers) => layers <= 0 || (baseLayers is { } total ? First >= total - layers : Span <= layers);
}
