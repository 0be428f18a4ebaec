namespace Transfuse.Metadata.Mlx;

/// <summary>How a module's factors are named and oriented in an MLX file.</summary>
internal enum MlxFactorForm
{
    /// <summary><c>lora_a (in, r)</c>, <c>lora_b (r, out)</c>: mlx-lm, mlx-swift-lm, mlx-vlm since 0.6, Unsloth.</summary>
    Parameters,

    /// <summary><c>lora_a.weight (r, in)</c>, <c>lora_b.weight (out, r)</c>: factors that are layers (Unsloth).</summary>
    Layers,

    /// <summary><c>A (in, r)</c>, <c>B (r, out)</c>: mlx-vlm until 0.5.</summary>
    Legacy,
}
