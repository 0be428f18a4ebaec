namespace Transfuse.Metadata.Targets;

/// <summary>A family of adapter folders. Two are the same where their names are.</summary>
/// <param name="Name">The name in messages, such as <c>PEFT</c>.</param>
/// <seealso cref="Transfuse.Metadata.Targets.TargetProfile" />
public sealed record AdapterDialect(string Name)
{
    /// <summary>Hugging Face PEFT: <c>adapter_model.safetensors</c>, <c>r</c> and <c>lora_alpha</c>.</summary>
    public static AdapterDialect Peft { get; } = new("PEFT");

    /// <summary>MLX: <c>adapters.safetensors</c>, <c>lora_parameters</c>.</summary>
    public static AdapterDialect Mlx { get; } = new("MLX");

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
