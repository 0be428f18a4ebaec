namespace Transfuse.Metadata.Adapters;

/// <summary>Whose module names an adapter uses.</summary>
/// <seealso cref="Transfuse.Metadata.Adapters.Adapter" />
public enum ModelLayout
{
    /// <summary>
    /// The live modules of a transformers model, which PEFT names. Experts are one module each before transformers 5 and packed parameters since.
    /// </summary>
    HuggingFace,

    /// <summary>The modules of an MLX model, after its <c>sanitize</c>: gate and up apart, experts stacked.</summary>
    Mlx,
}
