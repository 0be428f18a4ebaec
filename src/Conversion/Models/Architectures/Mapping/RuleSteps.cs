using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Rules;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>
/// The steps that lead from a Hugging Face tensor or module to an MLX one: what a rule of the table says, stated once for weights and adapters.
/// </summary>
/// <param name="architecture">The entry.</param>
/// <param name="config">The base model's configuration, if known.</param>
internal sealed class RuleSteps(Architecture architecture, BaseConfig? config)
{
    /// <summary>
    /// Number of experts whose rows lie one after the other; <see langword="null"/> where the configuration does not give a number that can be.
    /// </summary>
    public int? Experts { get; } = config?.ExpertCount(architecture) is long experts and > 0 and <= BaseConfig.MaxExperts ? (int)experts : null;

    /// <summary>The steps, or <see langword="null"/> where the configuration lacks a field.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="target">Its target.</param>
    /// <param name="indices">What the placeholders of the path stand for; the expert of single experts.</param>
    /// <param name="isWeight">Whether it is for a weight or its adapter, not for a bias, which is neither turned around nor scaled.</param>
    /// <param name="missing">The fields that are needed.</param>
    public ImmutableArray<ModuleStep>? Of(Rule rule, RuleTarget target, PathIndices indices, bool isWeight, out IEnumerable<string> missing)
    {
        ImmutableArray<ModuleStep>.Builder steps = ImmutableArray.CreateBuilder<ModuleStep>();
        missing = [];
        if (rule is ExpertRowsRule expertRows)
        {
            missing = architecture.Config.Experts;
            return Experts is not { } experts ? null
                : expertRows.Transposed ? [new ModuleStep.SelectRows(RowSelection.Part(indices.Expert, experts)), new ModuleStep.Transpose()]
                : [new ModuleStep.SelectRows(RowSelection.Part(indices.Expert, experts))];
        }

        if (rule is PackedRule packed && isWeight)
        {
            steps.Add(new ModuleStep.Pack(packed.Layout));
        }

        if (target.Rows.Resolve(config) is not RowSelection rows)
        {
            missing = target.Rows.Fields;
            return null;
        }

        if (!rows.IsAll)
        {
            steps.Add(new ModuleStep.SelectRows(rows));
        }

        if (rule is ScaleRule scale && isWeight)
        {
            if (RuleArithmetic.Scales(scale, config) is not ImmutableArray<RowScale> scales)
            {
                missing = scale.Fields;
                return null;
            }

            steps.Add(new ModuleStep.ScaleRows(scales));
        }

        if (indices.Expert >= 0)
        {
            steps.Add(new ModuleStep.StackExpert(indices.Expert));
        }

        return steps.ToImmutable();
    }
}
