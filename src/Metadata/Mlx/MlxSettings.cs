using System.Collections.Immutable;

namespace Transfuse.Metadata.Mlx;

/// <summary>What an MLX config says, read as its writer meant it.</summary>
public sealed record MlxSettings
{
    /// <summary>The final multiplier.</summary>
    public required double Scale { get; init; }

    /// <summary>Probability of dropping an input in training.</summary>
    public double Dropout { get; init; }

    /// <summary>The rank that the config states; <see langword="null"/> where it states none that could be one.</summary>
    public long? Rank { get; init; }

    /// <summary><c>fine_tune_type</c>, or <see langword="null"/>.</summary>
    public string? FineTuneType { get; init; }

    /// <summary><c>num_layers</c> as written, or <see langword="null"/>.</summary>
    public long? NumLayers { get; init; }

    /// <summary>Whether <see cref="NumLayers"/> is the base's number of layers, as Unsloth writes it.</summary>
    public bool NumLayersIsTotal { get; init; }

    /// <summary>The base's id, or <see langword="null"/>.</summary>
    public string? BaseId { get; init; }

    /// <summary>The base's revision, or <see langword="null"/>.</summary>
    public string? BaseRevision { get; init; }

    /// <summary><c>keys</c> as written, or <see langword="null"/>.</summary>
    public ImmutableArray<string>? Keys { get; init; }
}
