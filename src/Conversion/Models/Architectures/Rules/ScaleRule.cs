using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Expressions;

namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>The base model multiplies the weight by factors, each for a number of rows (<see langword="null"/>: all).</summary>
internal sealed record ScaleRule : Rule
{
    public required PathPattern Target { get; init; }

    public required ImmutableArray<(Expression? Rows, Expression Factor)> Factors { get; init; }

    /// <summary>The fields of config.json that the factors depend on.</summary>
    public IEnumerable<string> Fields => Factors.SelectMany(item => (item.Rows?.Fields ?? []).Concat(item.Factor.Fields));

    public override ImmutableArray<RuleTarget> Targets => [new RuleTarget(Target)];
}
