using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Rules;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>The numbers of rules for a base model.</summary>
internal static class RuleArithmetic
{
    /// <summary>The factors of a rule, or <see langword="null"/> where the configuration does not give them.</summary>
    public static ImmutableArray<RowScale>? Scales(ScaleRule rule, BaseConfig? config)
    {
        ImmutableArray<RowScale>.Builder scales = ImmutableArray.CreateBuilder<RowScale>();
        foreach (var (rows, factor) in rule.Factors)
        {
            if (factor.Evaluate(config) is not double value || (rows is not null && rows.EvaluateInteger(config) is null))
            {
                return null;
            }

            scales.Add(new RowScale(rows?.EvaluateInteger(config), value));
        }

        return scales.ToImmutable();
    }

    /// <summary>The axes of a packed parameter.</summary>
    /// <param name="architecture">The entry.</param>
    /// <param name="rule">The rule that was chosen.</param>
    /// <param name="same">All rules for the same path.</param>
    /// <param name="config">The base model's configuration, if known.</param>
    public static PackedParameter Packed(Architecture architecture, PackedRule rule, IEnumerable<Rule> same, BaseConfig? config)
    {
        bool oneLayout = same.OfType<PackedRule>().All(other => other.Layout == rule.Layout);
        return new PackedParameter(
            oneLayout ? rule.Layout : null,
            rule.Experts is null ? config?.ExpertCount(architecture) : rule.Experts.EvaluateInteger(config),
            Extent(architecture, rule.In, 1, config),
            Extent(architecture, rule.Out, rule.Parts.Length, config),
            rule.IsTransposed);
    }

    private static long? Extent(Architecture architecture, ExpertDimension dimension, int parts, BaseConfig? config) =>
        config?.Dimension(architecture, dimension) is long extent and > 0 and < 1L << 40 ? extent * parts : null;
}
