using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Expressions;
using Transfuse.Conversion.Models.Architectures.Rules;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>Maps MLX modules to Hugging Face paths by the rules of one entry.</summary>
internal sealed class MlxToHf(Architecture architecture, BaseConfig? config, HfLayout requested)
{
    private readonly RuleSteps _steps = new(architecture, config);
    private readonly HfLayout _layout = architecture.IsRemoteCode && requested == HfLayout.Transformers5 ? HfLayout.Transformers4 : requested;

    public HfMapping Map(string path)
    {
        HfMapping mapping = new(path);
        if (MlxPaths.Resolve(architecture, path) is not ModuleAddress address)
        {
            return Refuse(mapping, MappingGap.UnknownModule, MissingModule.InMlx(architecture, config, path));
        }

        mapping = mapping with { Layer = address.Layer, Role = address.Global?.Role ?? ModuleRole.None };
        if (address.Layer >= config?.LayerCount(architecture))
        {
            return Refuse(mapping, MappingGap.LayerOutOfRange, $"layer {address.Layer}, but the base model has {config.LayerCount(architecture)}");
        }

        TargetKind? kind = address.Global?.Kind ?? RuleLookup.KindOf(architecture, address.Path);
        if (kind is null)
        {
            return WithoutKind(mapping, address);
        }

        mapping = mapping with { Kind = kind.Value };
        ImmutableArray<Rule> all = RuleLookup.ToTarget(architecture, address);
        RuleChoice choice = RuleChoice.Of(all.Where(rule => rule.IsWrittenFor(_layout)), config, address.Layer);
        return choice switch
        {
            { IsUndecided: true } => NeedsConfig(mapping, choice.Missing),
            { Rule: Rule rule } => Apply(mapping, address, rule, all),
            _ when all.All(rule => rule.Runtime == Runtime.Legacy) => Identity(mapping, address),
            _ => Refuse(mapping, MappingGap.NoCounterpart, $"{architecture} has no such module in {Name(_layout)}"),
        };
    }

    private HfMapping Apply(HfMapping mapping, ModuleAddress address, Rule rule, ImmutableArray<Rule> all)
    {
        RuleTarget target = rule.Targets.First(part => RuleLookup.Matches(part.Path, address));
        target.Path.TryMatch(address.Path, out PathIndices indices);
        if (rule is ExpertRowsRule && indices.Expert >= _steps.Experts)
        {
            return Refuse(mapping, MappingGap.ExpertOutOfRange, $"expert {indices.Expert}, but the base model has {_steps.Experts}");
        }

        if (_steps.Of(rule, target, indices, isWeight: true, out IEnumerable<string> missing) is not { } steps)
        {
            return NeedsConfig(mapping, missing);
        }

        HfMapping result = Identity(mapping, address) with
        {
            Path = FullPath(address, rule.Source.HasExpert ? rule.Source.Path : rule.Source.Format(indices)),
            Steps = steps,
            Partners = [.. rule.Targets.Select(part => MlxPath(address, part.Path, indices))],
        };
        switch (rule)
        {
            case PackedRule packed:
                return packed.Experts is Expression count && count.EvaluateInteger(config) is null ? NeedsConfig(mapping, count.Fields)
                    : result with { Form = HfForm.Packed, Packed = RuleArithmetic.Packed(architecture, packed, [rule], config) };
            case StackRule:
                return result with { Form = HfForm.PerExpert };
            case RenameRule rename:
                return result with { Form = IsParameter(rename) ? HfForm.Parameter : HfForm.Module };
            case ExpertRowsRule:
                return result with
                {
                    Form = HfForm.ExpertRows,
                    Partners = [.. Enumerable.Range(0, _steps.Experts!.Value).Select(expert => MlxPath(address, target.Path, new PathIndices(expert, -1)))],
                };
            case ScaleRule when result.Scale.Any(item => item.IsUseless):
                return Refuse(mapping, MappingGap.BadScale, RowScale.Useless);
            default:
                return result;
        }
    }

    private HfMapping Identity(HfMapping mapping, ModuleAddress address) => mapping with
    {
        Form = HfForm.Module,
        Path = address.Global is GlobalModule global
            ? (_layout == HfLayout.Transformers5 ? global.Transformers5 : global.Transformers4).Format(address.Indices)
            : FullPath(address, address.Path),
        Partners = [MlxPath(address, new PathPattern(address.Path), PathIndices.None)],
    };

    /// <summary>Modules that mlx-lm does not adapt; old versions kept some of them as linear layers.</summary>
    private HfMapping WithoutKind(HfMapping mapping, ModuleAddress address)
    {
        if (architecture.Rules.OfType<UnsupportedRule>().Any(rule => rule.Heads is not null && RuleLookup.Matches(rule.Source, address)))
        {
            return Identity(mapping, address);
        }

        return RuleLookup.RefusalOf(architecture, address.Path) is string reason
            ? Refuse(mapping, MappingGap.CannotAdapt, Reasons.Texts[reason])
            : Refuse(mapping, MappingGap.UnknownModule, MissingModule.InMlx(architecture, config, mapping.Source));
    }

    private bool IsParameter(RenameRule rule) => rule.Parameter switch
    {
        Runtime.All => true,
        Runtime.Transformers5 => _layout == HfLayout.Transformers5,
        _ => false,
    };

    private string FullPath(ModuleAddress address, string relative) =>
        address.Layer is int layer ? $"{architecture.Layers.For(_layout)}.{layer}.{relative}" : relative;

    private string MlxPath(ModuleAddress address, PathPattern pattern, PathIndices indices) =>
        address.Layer is int layer ? $"{architecture.Layers.Mlx}.{layer}.{pattern.Format(indices)}" : pattern.Format(indices);

    private static string Name(HfLayout layout) => layout switch
    {
        HfLayout.Transformers4 => "transformers 4",
        HfLayout.Transformers5 => "transformers 5",
        _ => "weight files",
    };

    private HfMapping NeedsConfig(HfMapping mapping, IEnumerable<string> fields) =>
        Refuse(mapping, MappingGap.NeedsBaseConfig, MissingField.Describe(config, fields));

    private static HfMapping Refuse(HfMapping mapping, MappingGap gap, string message) => mapping with
    {
        Path = "",
        Gap = gap,
        Finding = gap.At(mapping.Source, message),
    };
}
