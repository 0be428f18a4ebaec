using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>One linear layer whose rows belong to several MLX modules.</summary>
internal sealed record SplitRule : Rule
{
    public required ImmutableArray<RuleTarget> Parts { get; init; }

    public override ImmutableArray<RuleTarget> Targets => Parts;
}
