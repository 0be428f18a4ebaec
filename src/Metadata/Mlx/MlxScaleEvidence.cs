namespace Transfuse.Metadata.Mlx;

/// <summary>What decides about an MLX adapter's multiplier, which no tensor holds.</summary>
internal sealed record MlxScaleEvidence
{
    /// <summary>The config; <see langword="null"/> where the folder has none.</summary>
    public required MlxConfigView? Config { get; init; }

    /// <summary>Whether the weights are a npz archive, as mlx-lm wrote before 0.6.</summary>
    public bool IsArchive { get; init; }

    /// <summary>Whether factors are named <c>A</c> and <c>B</c>, as mlx-vlm wrote until 0.5.</summary>
    public bool HasLegacyNames { get; init; }

    /// <summary>The rank that all tensors have, or <see langword="null"/>.</summary>
    public long? Rank { get; init; }

    /// <summary>Who wrote it, as the caller says, or <see langword="null"/>.</summary>
    public MlxProducer? Producer { get; init; }
}
