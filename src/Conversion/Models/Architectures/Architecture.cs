using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Rules;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>What the table knows of one model type.</summary>
internal sealed record Architecture
{
    internal Architecture()
    {
    }

    /// <summary>The name in config.json's <c>model_type</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>The model type whose entry this one shares, or <see langword="null"/>.</summary>
    public string? AliasOf { get; init; }

    /// <summary>What a conversion has to do at most.</summary>
    public required ArchitectureClass Class { get; init; }

    /// <summary>How well the entry is confirmed.</summary>
    public required Confidence Confidence { get; init; }

    /// <summary>Whether the model's code is not part of transformers, so that its modules never take the form of transformers 5.</summary>
    public bool IsRemoteCode { get; init; }

    /// <summary>The paths of the layers.</summary>
    public required LayerRoots Layers { get; init; }

    /// <summary>What mlx-swift-lm does with it, or <see langword="null"/> where it does not have it.</summary>
    public SwiftSupport? Swift { get; init; }

    /// <summary>Field names of its configuration.</summary>
    public required BaseConfigFields Config { get; init; }

    /// <summary>Whether head and embedding are one weight.</summary>
    public required TyingRules Tying { get; init; }

    /// <summary>
    /// Which of PEFT's conversions of mixture models applies when transformers 5 loads an adapter: <c>mixtral</c> or
    /// <c>qwen2_moe</c>, whose leaf names (w1, w2, w3; gate_proj, up_proj, down_proj; gate) it takes for experts and routers
    /// wherever they stand (PEFT 0.20); else <see langword="null"/>.
    /// </summary>
    public string? PeftConversion { get; init; }

    internal ImmutableArray<GlobalModule> Globals { get; init; } = [];

    internal ImmutableArray<Rule> Rules { get; init; } = [];

    internal ImmutableArray<AdaptableKey> Keys { get; init; } = [];

    /// <summary>Modules inside the layers that MLX cannot adapt, with a word of <see cref="Reasons"/>.</summary>
    internal ImmutableDictionary<string, string> Refused { get; init; } = ImmutableDictionary<string, string>.Empty;

    internal ImmutableArray<RefusedModel> RefusedModels { get; init; } = [];

    /// <inheritdoc />
    public override string ToString() => ModelType;
}
