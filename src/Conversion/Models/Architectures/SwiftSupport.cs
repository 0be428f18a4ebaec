using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>What mlx-swift-lm (3.31.4) does with the architecture.</summary>
internal sealed record SwiftSupport
{
    /// <summary>The layers' path in the class for text models, or <see langword="null"/> where there is none.</summary>
    public string? Llm { get; init; }

    /// <summary>The layers' path in the class for vision-language models, or <see langword="null"/> where there is none.</summary>
    public string? Vlm { get; init; }

    /// <summary>
    /// What the text class offers to adapters: <see langword="null"/> for whole layers, <c>self_attn</c> for the attention
    /// modules of the layers, so that keys are relative to these, and whole layers since its pull request 602 (September 2026);
    /// <c>attention_layers</c> for layers with attention only.
    /// </summary>
    public string? Adapts { get; init; }

    /// <summary>Keys whose base weight it scales in another way than mlx-lm.</summary>
    public ImmutableArray<string> Differs { get; init; } = [];

    /// <summary>Keys that it can adapt and mlx-lm cannot.</summary>
    public ImmutableArray<string> Also { get; init; } = [];
}
