using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>The module exists in the Hugging Face model, and MLX cannot adapt what it made of it.</summary>
internal sealed record UnsupportedRule : Rule
{
    public required string Reason { get; init; }

    /// <summary>What the module's weight becomes; for messages and base weights, not for adapters.</summary>
    public required ImmutableArray<PathPattern> Weights { get; init; }

    /// <summary>How the weight is split per attention head, or <see langword="null"/>.</summary>
    public HeadSplit? Heads { get; init; }

    public override ImmutableArray<RuleTarget> Targets => [];
}
