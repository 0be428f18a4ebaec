using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Expressions;
using Transfuse.Conversion.Models.Architectures.Rules;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>Maps Hugging Face paths to MLX modules by the rules of one entry.</summary>
internal sealed class HfToMlx(Architecture architecture, BaseConfig? config)
{
    private const string Weight = ".weight";
    private readonly RuleSteps _steps = new(architecture, config);

    public MlxMapping Map(string path)
    {
        MlxMapping mapping = new(path);
        if (HfPaths.Resolve(architecture, path) is not ModuleAddress address)
        {
            return Refuse(mapping, MappingGap.UnknownModule, MissingModule.InTransformers(architecture, config, path));
        }

        if (address.Layer >= config?.LayerCount(architecture))
        {
            return Refuse(mapping, MappingGap.LayerOutOfRange, $"layer {address.Layer}, but the base model has {config.LayerCount(architecture)}");
        }

        ImmutableArray<Rule> rules = RuleLookup.FromSource(architecture, address);
        if (rules.IsEmpty && address.Path.EndsWith(Weight, StringComparison.Ordinal))
        {
            address = address with { Path = address.Path[..^Weight.Length] };
            rules = RuleLookup.FromSource(architecture, address);
        }

        RuleChoice choice = RuleChoice.Of(rules, config, address.Layer);
        return choice switch
        {
            { IsUndecided: true } => NeedsConfig(mapping, choice.Missing),
            { Rule: Rule rule } => Apply(mapping, address, rule, rules),
            _ => Identity(mapping, address, rules),
        };
    }

    private MlxMapping Apply(MlxMapping mapping, ModuleAddress address, Rule rule, ImmutableArray<Rule> rules)
    {
        rule.Source.TryMatch(address.Path, out PathIndices indices);
        if (indices.Expert >= config?.ExpertCount(architecture))
        {
            return Refuse(mapping, MappingGap.ExpertOutOfRange, $"expert {indices.Expert}, but the base model has {config.ExpertCount(architecture)}");
        }

        switch (rule)
        {
            case DropRule drop:
                return Refuse(mapping, MappingGap.WithoutEffect, Reasons.Texts[drop.Reason]);
            case UnsupportedRule unsupported:
                return Refuse(mapping, MappingGap.CannotAdapt, Reasons.Texts[unsupported.Reason]);
            case ExpertRowsRule rows:
                return _steps.Experts is not { } experts ? NeedsConfig(mapping, architecture.Config.Experts) : mapping with
                {
                    Form = HfForm.ExpertRows,
                    Targets = [.. Enumerable.Range(0, experts).Select(expert => Target(address, rows, rows.Targets[0], new PathIndices(expert, -1), out _)!)],
                };
            default:
                return Parts(mapping, address, rule, rules, indices);
        }
    }

    private MlxMapping Parts(MlxMapping mapping, ModuleAddress address, Rule rule, ImmutableArray<Rule> rules, PathIndices indices)
    {
        ImmutableArray<MlxTarget>.Builder targets = ImmutableArray.CreateBuilder<MlxTarget>();
        if (rule is PackedRule { Experts: Expression experts } && experts.EvaluateInteger(config) is null)
        {
            return NeedsConfig(mapping, experts.Fields);
        }

        foreach (RuleTarget part in rule.Targets)
        {
            if (Target(address, rule, part, indices, out IEnumerable<string> missing) is not { } target)
            {
                return NeedsConfig(mapping, missing);
            }

            if (target.Scale.Any(item => item.IsUseless))
            {
                return Refuse(mapping, MappingGap.BadScale, RowScale.Useless);
            }

            targets.Add(target);
        }

        return Finish(mapping, address, targets.ToImmutable()) with
        {
            Form = rule switch
            {
                PackedRule => HfForm.Packed,
                StackRule => HfForm.PerExpert,
                RenameRule { Parameter: Runtime.All } => HfForm.Parameter,
                _ => rule.Source.HasExpert ? HfForm.PerExpert : HfForm.Module,
            },
            Packed = rule is PackedRule packed ? RuleArithmetic.Packed(architecture, packed, rules, config) : null,
        };
    }

    private MlxMapping Identity(MlxMapping mapping, ModuleAddress address, ImmutableArray<Rule> rules)
    {
        if (address.Global is GlobalModule global)
        {
            return global.Mlx is PathPattern pattern
                ? Finish(mapping, address, [Target(address, pattern, address.Indices)])
                : Refuse(mapping, MappingGap.TiedHead, Reasons.Texts["tied"]);
        }

        if (PackedKeys.Registered(architecture, mapping.Source) is { IsEmpty: false } parameters)
        {
            return Refuse(mapping, MappingGap.Ambiguous, $"it holds {string.Join(" and ", parameters)}");
        }

        if (RuleLookup.RefusalOf(architecture, address.Path) is string reason)
        {
            return Refuse(mapping, MappingGap.CannotAdapt, Reasons.Texts[reason]);
        }

        bool isOwnName = rules.Length > 0 || RuleLookup.ToTarget(architecture, address).All(rule => rule.Runtime == Runtime.Legacy);
        return isOwnName && RuleLookup.KindOf(architecture, address.Path) is TargetKind.Linear or TargetKind.Embedding
            ? Finish(mapping, address, [Target(address, new PathPattern("{L}." + address.Path), PathIndices.None)])
            : Refuse(mapping, MappingGap.UnknownModule, MissingModule.InTransformers(architecture, config, mapping.Source));
    }

    private MlxMapping Finish(MlxMapping mapping, ModuleAddress address, ImmutableArray<MlxTarget> targets)
    {
        GlobalModule? global = address.Global;
        if (global?.Refused is string reason)
        {
            return Refuse(mapping, MappingGap.CannotAdapt, Reasons.Texts[reason]);
        }

        bool? tied = global?.Role == ModuleRole.Head ? architecture.Tying.IsTiedInMlx(config) : false;
        return tied == true
            ? Refuse(mapping, MappingGap.TiedHead, Reasons.Texts["tied"])
            : mapping with { Targets = targets, RequiresUntiedHead = tied is null };
    }

    private MlxTarget? Target(ModuleAddress address, Rule rule, RuleTarget part, PathIndices indices, out IEnumerable<string> missing) =>
        _steps.Of(rule, part, indices, isWeight: true, out missing) is { } steps ? Target(address, part.Path, indices) with { Steps = steps } : null;

    private MlxTarget Target(ModuleAddress address, PathPattern pattern, PathIndices indices)
    {
        string key = pattern.Format(indices);
        return address.Layer is int layer
            ? new MlxTarget($"{architecture.Layers.Mlx}.{layer}.{key}", key, layer, RuleLookup.KindOf(architecture, key) ?? TargetKind.Linear)
            : new MlxTarget(key, key, null, address.Global!.Kind);
    }

    private MlxMapping NeedsConfig(MlxMapping mapping, IEnumerable<string> fields) =>
        Refuse(mapping, MappingGap.NeedsBaseConfig, MissingField.Describe(config, fields));

    private static MlxMapping Refuse(MlxMapping mapping, MappingGap gap, string message) => mapping with
    {
        Targets = [],
        Gap = gap,
        Finding = gap.At(mapping.Source, message),
    };
}
