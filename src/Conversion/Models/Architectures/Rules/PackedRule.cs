using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Expressions;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>
/// A 3-D parameter that holds all experts. PEFT adapts it through <c>target_parameters</c>; rules of one module stand in the
/// order in which the module registers its parameters, because PEFT nests its wrappers in that order.
/// </summary>
internal sealed record PackedRule : Rule
{
    public required PackedLayout Layout { get; init; }

    /// <summary>Whether the class that holds the parameter says <c>is_transposed</c>, by which PEFT 0.19.1 and later tells input from output.</summary>
    public bool IsTransposed { get; init; }

    public required ExpertDimension In { get; init; }

    public required ExpertDimension Out { get; init; }

    /// <summary>Number of experts in the parameter where it is not the model's; those beyond the model's have no effect.</summary>
    public Expression? Experts { get; init; }

    public required ImmutableArray<RuleTarget> Parts { get; init; }

    public override ImmutableArray<RuleTarget> Targets => Parts;
}
