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
    private readonly RuleSteps _steps = new(architecture, config);

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
                return _steps.Experts is not { } experts ? NeedsConfig(mapping) : mapping with
                {
                    IsExact = true,
                    Targets =
                    [
                        .. Enumerable.Range(0, experts).Select(expert => new PathIndices(expert, -1)).Select(
                            each => new TensorTarget(
                                Name(tensor, address, rows.Target, each), _steps.Of(rows, rows.Targets[0], each, tensor.IsWeight, out _)!.Value)),
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
            if (_steps.Of(rule, part, indices, tensor.IsWeight, out _) is not { } steps)
            {
                return NeedsConfig(mapping);
            }

            // An adapter of GPT-2's Conv1D lies as any other; its weight does not.
            bool isTurned = tensor.IsWeight && rule is RenameRule { Transposed: true };
            targets.Add(new TensorTarget(Name(tensor, address, part.Path, indices), isTurned ? steps.Insert(0, new ModuleStep.Transpose()) : steps));
        }

        return mapping with { Targets = targets.ToImmutable(), IsExact = true };
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
