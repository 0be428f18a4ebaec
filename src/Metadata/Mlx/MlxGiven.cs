namespace Transfuse.Metadata.Mlx;

/// <summary>What the caller decides where an MLX config does not tell.</summary>
/// <param name="Scale">The final multiplier, or <see langword="null"/> to read it.</param>
/// <param name="Dropout">The dropout, or <see langword="null"/> to read it.</param>
/// <param name="Producer">Who wrote the folder, or <see langword="null"/>.</param>
/// <param name="Overrides">Whether values that the config tells plainly are overridden too, with a finding. Default: they are not.</param>
internal sealed record MlxGiven(double? Scale = null, double? Dropout = null, MlxProducer? Producer = null, bool Overrides = false)
{
    public static MlxGiven Nothing { get; } = new();
}
