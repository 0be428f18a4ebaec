using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Rules;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Models.Architectures.Weights;

/// <summary>Applies the rules of one entry to the names of weight files.</summary>
internal sealed class TensorMapper(Architecture architecture, BaseConfig? config)
{
    public TensorMapping Map(string name)
    {
        TensorMapping mapping = new(name);
        TensorName tensor = TensorName.Parse(architecture, name);
        if (tensor.Address is not ModuleAddress address)
        {
            string renamed = architecture.Layers.HuggingFace
                .Select(root => MlxPaths.Rebase(name, root, architecture.Layers.Mlx))
                .FirstOrDefault(candidate => candidate != name) ?? name;
            return mapping with { Targets = [new TensorTarget(renamed, [])] };
        }

        ImmutableArray<Rule> rules =
            [.. RuleLookup.FromSource(architecture, address).OrderBy(rule => rule.IsWrittenFor(HfLayout.Checkpoint) ? 0 : 1)];
        RuleChoice choice = RuleChoice.Of(rules, config, address.Layer);
        return choice switch
        {
            { IsUndecided: true } => NeedsConfig(mapping),
            { Rule: Rule rule } => Apply(mapping, tensor, address, rule),
            _ => Identity(mapping, tensor, address),
        };
    }

    private TensorMapping Apply(TensorMapping mapping, TensorName tensor, ModuleAddress address, Rule rule)
    {
        rule.Source.TryMatch(address.Path, out PathIndices indices);
        switch (rule)
        {
            case DropRule:
                return mapping;
            case UnsupportedRule unsupported:
                return Unsupported(mapping, tensor, address, unsupported, indices);
            case ExpertRowsRule rows:
                return config?.ExpertCount(architecture) is not (long experts and > 0 and <= BaseConfig.MaxExperts) ? NeedsConfig(mapping) : mapping with
                {
                    IsExact = true,
                    Targets =
                    [
                        .. Enumerable.Range(0, (int)experts).Select(expert => new TensorTarget(
                            Name(tensor, address, rows.Target, new PathIndices(expert, -1)),
                            [
                                new ModuleStep.SelectRows(RowSelection.Part(expert, (int)experts)),
                                .. rows.Transposed ? [new ModuleStep.Transpose()] : ImmutableArray<ModuleStep>.Empty,
                            ])),
                    ],
                };
            default:
                return Parts(mapping, tensor, address, rule, indices);
        }
    }

    private TensorMapping Parts(TensorMapping mapping, TensorName tensor, ModuleAddress address, Rule rule, PathIndices indices)
    {
        ImmutableArray<TensorTarget>.Builder targets = ImmutableArray.CreateBuilder<TensorTarget>();
        foreach (RuleTarget part in rule.Targets)
        {
            if (part.Rows.Resolve(config) is not RowSelection rows || Steps(tensor, rule, rows, indices) is not ImmutableArray<ModuleStep> steps)
            {
                return NeedsConfig(mapping);
            }

            targets.Add(new TensorTarget(Name(tensor, address, part.Path, indices), steps));
        }

        return mapping with { Targets = targets.ToImmutable(), IsExact = true };
    }

    private ImmutableArray<ModuleStep>? Steps(TensorName tensor, Rule rule, RowSelection rows, PathIndices indices)
    {
        ImmutableArray<ModuleStep>.Builder steps = ImmutableArray.CreateBuilder<ModuleStep>();
        if (tensor.IsWeight && rule is RenameRule { Transposed: true })
        {
            steps.Add(new ModuleStep.Transpose());
        }
        else if (tensor.IsWeight && rule is PackedRule packed)
        {
            steps.Add(new ModuleStep.Pack(packed.Layout));
        }

        if (!rows.IsAll)
        {
            steps.Add(new ModuleStep.SelectRows(rows));
        }

        if (rule is ScaleRule scale && tensor.IsWeight)
        {
            if (RuleArithmetic.Scales(scale, config) is not ImmutableArray<RowScale> scales)
            {
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

    private TensorMapping Unsupported(TensorMapping mapping, TensorName tensor, ModuleAddress address, UnsupportedRule rule, PathIndices indices)
    {
        if (rule.Heads is not HeadSplit heads)
        {
            return mapping with { Targets = [.. rule.Weights.Select(path => new TensorTarget(Name(tensor, address, path, indices), []))] };
        }

        return (config?.GetInteger(heads.Count), config?.GetInteger(heads.First), config?.GetInteger(heads.Second)) switch
        {
            (long count and > 0, long first and > 0, long second and > 0) => mapping with
            {
                IsExact = true,
                Targets =
                [
                    .. rule.Weights.Select((path, i) => new TensorTarget(
                        Name(tensor, address, path, indices), [new ModuleStep.SplitHeads(count, first, second, i == 0)])),
                ],
            },
            _ => NeedsConfig(mapping),
        };
    }

    private TensorMapping Identity(TensorMapping mapping, TensorName tensor, ModuleAddress address)
    {
        PathPattern path = address.Global?.Mlx ?? new PathPattern(address.Path);
        bool dropped = address.Global is { Mlx: null } or { Role: ModuleRole.Head } && architecture.Tying.IsTiedInMlx(config) == true;
        return dropped ? mapping : mapping with
        {
            Targets = [new TensorTarget(Name(tensor, address, path, address.Indices), [])],
            IsExact = address.Global is { Refused: null } || RuleLookup.KindOf(architecture, address.Path) is not null,
        };
    }

    private string Name(TensorName tensor, ModuleAddress address, PathPattern path, PathIndices indices) =>
        (address.Layer is int layer ? $"{architecture.Layers.Mlx}.{layer}." : "") + path.Format(indices) + tensor.Suffix;

    private TensorMapping NeedsConfig(TensorMapping mapping) => mapping with
    {
        Finding = ArchitectureCodes.NeedsBaseConfig.At(
            mapping.Source, config is null ? "no base model was given" : "its config.json lacks a field that decides this"),
    };
}
