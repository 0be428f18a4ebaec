namespace Transfuse.Metadata.Mlx;

/// <summary>What the caller decides where an MLX config does not tell.</summary>
/// <param name="Scale">The final multiplier, or <see langword="null"/> to read it.</param>
/// <param name="Dropout">The dropout, or <see langword="null"/> to read it.</param>
/// <param name="Producer">The program that wrote the folder, or <see langword="null"/>.</param>
public sealed record MlxGiven(double? Scale = null, double? Dropout = null, MlxProducer? Producer = null);
