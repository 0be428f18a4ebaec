using System.Collections.Immutable;

namespace Transfuse.Metadata.Mlx;

/// <summary>The fields of an MLX <c>adapter_config.json</c> that its readers use (mlx-lm 0.32, mlx-swift-lm 3.31, mlx-vlm 0.6).</summary>
internal sealed record MlxConfig
{
    /// <summary><c>fine_tune_type</c>: <c>lora</c> or <c>dora</c>.</summary>
    public required string FineTuneType { get; init; }

    /// <summary><c>num_layers</c>: the last N layers carry the relative keys; always positive here.</summary>
    public required int NumLayers { get; init; }

    /// <summary><c>lora_parameters.rank</c>.</summary>
    public required int Rank { get; init; }

    /// <summary><c>lora_parameters.scale</c>: the final multiplier.</summary>
    public required double Scale { get; init; }

    /// <summary><c>lora_parameters.dropout</c>: a probability in [0, 1).</summary>
    public required double Dropout { get; init; }

    /// <summary><c>lora_parameters.keys</c>, sorted.</summary>
    public required ImmutableArray<string> Keys { get; init; }
}
