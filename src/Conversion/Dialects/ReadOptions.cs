using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects;

/// <summary>What decides how an adapter is read.</summary>
/// <param name="Purpose">Whether it stays in its dialect.</param>
/// <param name="Given">What the caller decides where an MLX config does not tell.</param>
/// <param name="BaseLayers">The base's number of layers, or <see langword="null"/> where no base tells it.</param>
internal sealed record ReadOptions(ReadPurpose Purpose, MlxGiven Given, int? BaseLayers)
{
    /// <summary>What the caller decides about methods other than LoRA.</summary>
    public MethodOptions Methods { get; init; } = MethodOptions.Default;
}
