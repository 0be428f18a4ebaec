using Transfuse.Formats.Tensors;

namespace Transfuse.Metadata.Inference;

/// <summary>What one LoRA layer shows of itself: a live layer of a model, or the tensors of a file.</summary>
internal sealed record ModuleEvidence
{
    /// <summary>Its path from the model's root.</summary>
    public required string Path { get; init; }

    /// <summary>Shape of <c>lora_a</c>; <see langword="null"/> where there is none.</summary>
    public TensorShape? A { get; init; }

    /// <summary>Shape of <c>lora_b</c>; <see langword="null"/> where there is none.</summary>
    public TensorShape? B { get; init; }

    /// <summary>Whether the factors are layers, whose weights are <c>(r, in)</c> and <c>(out, r)</c>. Default: no.</summary>
    public bool IsLayerBacked { get; init; }

    /// <summary>Whether it has a magnitude. Default: no.</summary>
    public bool HasMagnitude { get; init; }

    /// <summary>The layer's multiplier: one value, or one for each expert; <see langword="null"/> where it has none, as in a file.</summary>
    public IReadOnlyList<double>? Scale { get; init; }

    /// <summary>The keep-probability of the layer's dropout (<c>_p_1</c>), or <see langword="null"/>.</summary>
    public double? KeepProbability { get; init; }

    /// <summary>The <c>p</c> of the layer's dropout, which may be stale, or <see langword="null"/>.</summary>
    public double? Dropout { get; init; }
}
