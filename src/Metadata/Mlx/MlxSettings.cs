namespace Transfuse.Metadata.Mlx;

/// <summary>What an MLX config says, read as its writer meant it.</summary>
internal sealed record MlxSettings
{
    /// <summary>The final multiplier.</summary>
    public required double Scale { get; init; }

    /// <summary>Probability of dropping an input in training.</summary>
    public double Dropout { get; init; }

    /// <summary><c>num_layers</c>, or <c>lora_layers</c> in its place; <see langword="null"/> where there is no usable integer.</summary>
    public long? NumLayers { get; init; }

    /// <summary>Whether <see cref="NumLayers"/> is the base's number of layers, as Unsloth writes it.</summary>
    public bool NumLayersIsTotal { get; init; }

    /// <summary>The base's id, or <see langword="null"/>.</summary>
    public string? BaseId { get; init; }

    /// <summary>The base's revision, or <see langword="null"/>.</summary>
    public string? BaseRevision { get; init; }
}
