using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>The module has no effect in the Hugging Face model, and MLX does not have it.</summary>
internal sealed record DropRule : Rule
{
    public required string Reason { get; init; }

    public override ImmutableArray<RuleTarget> Targets => [];
}
