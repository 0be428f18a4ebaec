using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>A two-dimensional parameter with the experts one after the other along its rows; MLX has one linear layer per expert.</summary>
internal sealed record ExpertRowsRule : Rule
{
    public required PathPattern Target { get; init; }

    /// <summary>Whether MLX keeps the transpose of each expert's matrix, so that A and B change places.</summary>
    public bool Transposed { get; init; }

    public override ImmutableArray<RuleTarget> Targets => [new RuleTarget(Target)];
}
