namespace Transfuse.Metadata.Targets;

/// <summary>Families of adapter folders.</summary>
public enum AdapterDialect
{
    /// <summary>Hugging Face PEFT: <c>adapter_model.safetensors</c>, <c>r</c> and <c>lora_alpha</c>.</summary>
    Peft,

    /// <summary>MLX: <c>adapters.safetensors</c>, <c>lora_parameters</c>.</summary>
    Mlx,
}
