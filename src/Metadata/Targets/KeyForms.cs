namespace Transfuse.Metadata.Targets;

/// <summary>How a reader of MLX adapters understands <c>lora_parameters.keys</c>.</summary>
/// <seealso cref="Transfuse.Metadata.Targets.TargetProfile" />
[Flags]
public enum KeyForms
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Paths below a layer, such as <c>self_attn.q_proj</c>, which hold for every layer.</summary>
    Relative = 1,

    /// <summary>Paths from the model's root, such as <c>model.layers.3.self_attn.q_proj</c>.</summary>
    FullPath = 2,
}
