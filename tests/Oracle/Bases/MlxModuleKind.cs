namespace Transfuse.Oracle;

/// <summary>What a module of an MLX model is to the LoRA code of its readers. Quantized modules keep the kind of what they hold.</summary>
public enum MlxModuleKind
{
    /// <summary>Linear or QuantizedLinear, weight (out, in).</summary>
    Linear,

    /// <summary>SwitchLinear or QuantizedSwitchLinear, weight (E, out, in).</summary>
    SwitchLinear,

    /// <summary>Embedding or QuantizedEmbedding, weight (V, d).</summary>
    Embedding,

    /// <summary>MultiLinear of latent attention, weight (heads, out, in); cannot be adapted.</summary>
    MultiLinear,

    /// <summary>Norms, routers with a raw weight, convolutions, containers; cannot be adapted.</summary>
    Other,
}
