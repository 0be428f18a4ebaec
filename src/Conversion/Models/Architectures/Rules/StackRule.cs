using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>One linear layer per expert becomes an element of a stacked layer.</summary>
internal sealed record StackRule : Rule
{
    public required PathPattern Target { get; init; }

    public override ImmutableArray<RuleTarget> Targets => [new RuleTarget(Target)];
}
