using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>
/// Maps MLX modules to those of the transformers model: stacked experts packed into parameters or taken apart, split rows fused, folded factors taken out.
/// </summary>
internal sealed class MlxToHfModules(ArchitectureMap map, HfLayout layout, Run run)
{
    private const string Weight = "weight";

    /// <summary>The modules in transformers' layout, ordered by path. Each that has no counterpart is named in a finding.</summary>
    public ImmutableArray<AdapterModule> Map(ImmutableArray<AdapterModule> modules)
    {
        var mapped = new List<(AdapterModule Module, HfMapping Mapping)>(modules.Length);
        foreach (AdapterModule module in modules)
        {
            HfMapping mapping = map.MapToHuggingFace(module.Path.Text, layout);
            if (mapping.Finding is { } finding)
            {
                run.Log.Add(finding with { Subject = module.SourcePath });
            }
            else if (Accepts(module, mapping) && StepsOnModule.Undo(module with { Kind = mapping.Kind.ModuleKind() }, mapping.Steps, run) is { } undone)
            {
                mapped.Add((undone, mapping));
            }
        }

        ReportHalves([.. mapped.Where(item => item.Mapping.Form == HfForm.PerExpert)]);
        return
        [
            .. mapped.Where(item => item.Mapping.Form == HfForm.PerExpert).SelectMany(item => TakeApart(item.Module, item.Mapping))
                .Concat(mapped.Where(item => item.Mapping.Form != HfForm.PerExpert).GroupBy(item => item.Mapping.Path, StringComparer.Ordinal)
                    .Select(group => Join([.. group])).OfType<AdapterModule>())
                .OrderBy(module => module.Path).ThenBy(module => module.Parameter, StringComparer.Ordinal),
        ];
    }

    // Under transformers 5 PEFT 0.21 packs old modules of experts as it loads them: gate and up only together, and of one rank and alpha.
    private void ReportHalves((AdapterModule Module, HfMapping Mapping)[] experts)
    {
        string[] halves =
            [.. PeftMixtureNames.Of(map.Architecture.PeftConversion).Where(item => item.Value == PeftMixtureNames.GateUp).Select(item => item.Key)];
        foreach (var layer in experts.Where(item => halves.Contains(ModulePath.LeafOf(item.Mapping.Path))).GroupBy(item => item.Module.Path.Layer))
        {
            AdapterModule first = layer.First().Module;
            if (layer.Count() < halves.Length || layer.Any(item => item.Module.Rank != first.Rank || item.Module.Scale != first.Scale))
            {
                run.Log.Add(TargetCodes.OldTransformersOnly.At(
                    first.SourcePath, layer.Count() < halves.Length ? "is adapted without the other of gate and up"
                        : "has another rank or scale than the other of gate and up"));
                return;
            }
        }
    }

    private bool Accepts(AdapterModule module, HfMapping mapping)
    {
        if (module.Kind == ModuleKind.Experts && module.A.Shape[0] == 0)
        {
            run.Log.Add(TensorCodes.ExpertShape.At(module.SourcePath, $"lora_a is {module.A.Shape}, so that there is no expert"));
            return false;
        }

        if ((mapping.Kind == TargetKind.Switch) == (module.Kind == ModuleKind.Experts))
        {
            return true;
        }

        run.Log.Add(ArchitectureCodes.DimensionMismatch.At(
            module.SourcePath,
            $"lora_a is {(module.Kind == ModuleKind.Experts ? "three" : "two")}-dimensional, but {map.Architecture} has {mapping.Kind.MlxClass()} there"));
        return false;
    }

    private IEnumerable<AdapterModule> TakeApart(AdapterModule module, HfMapping mapping)
    {
        int experts = (int)module.A.Shape[0];
        int left = 0;
        for (int expert = 0; expert < experts; expert++)
        {
            AdapterModule single = module with
            {
                SourcePath = $"{module.SourcePath}[{expert}]",
                Path = ModulePath.Parse(mapping.PathOf(expert)),
                Kind = ModuleKind.Linear,
                A = Slice(module.A, expert),
                B = Slice(module.B, expert),
            };

            // What stacking filled in for an expert without adapter: both factors are zero, which no training gives.
            if (TensorProbe.IsAllZero(single.B, run.CancellationToken) && TensorProbe.IsAllZero(single.A, run.CancellationToken))
            {
                left++;
            }
            else
            {
                yield return single;
            }
        }

        if (left > 0)
        {
            run.Log.Add(TensorCodes.ExpertsFilled.At(module.SourcePath, $"{left} of {experts} experts are zero and were left out"));
        }
    }

    private AdapterModule? Join(IReadOnlyList<(AdapterModule Module, HfMapping Mapping)> parts)
    {
        (AdapterModule first, HfMapping mapping) = parts[0];
        AdapterModule? fused = mapping.Partners.Length > 1 ? Fuse(parts) : first;
        if (fused is null)
        {
            return null;
        }

        if (mapping.Form == HfForm.Packed)
        {
            return Pack(fused, mapping);
        }

        bool isParameter = mapping.Form == HfForm.ExpertRows;
        int dot = mapping.Path.LastIndexOf('.');
        string? parameter = isParameter ? mapping.Path[(dot + 1)..] : mapping.Form == HfForm.Parameter || MovesToExperts(mapping) ? Weight : null;
        if (parameter is not null && fused.Magnitude is not null)
        {
            run.Log.Add(TargetCodes.DoraUnsupported.At(
                first.SourcePath, $"PEFT reaches {mapping.ParameterPath} as a parameter only, and has no DoRA for parameters"));
            return null;
        }

        return fused with { Path = ModulePath.Parse(isParameter ? mapping.Path[..dot] : mapping.Path), Parameter = parameter };
    }

    // PEFT moves every target module of these leaf names to the expert parameters when transformers 5 loads it; as a parameter it stays where it is.
    private bool MovesToExperts(HfMapping mapping) =>
        layout == HfLayout.Transformers5 && mapping is { Form: HfForm.Module, Layer: not null }
            && PeftMixtureNames.Of(map.Architecture.PeftConversion).ContainsKey(ModulePath.LeafOf(mapping.Path));

    private AdapterModule? Fuse(IReadOnlyList<(AdapterModule Module, HfMapping Mapping)> parts)
    {
        (AdapterModule first, HfMapping mapping) = parts[0];
        if (parts.FirstOrDefault(part => Whole(part) != Whole(parts[0])).Module is { } odd)
        {
            run.Log.Add(ArchitectureCodes.DimensionMismatch.At(
                odd.SourcePath,
                $"is one weight with {first.SourcePath} in transformers, but its factors are for a weight {Extent(odd)} and those for one {Extent(first)}"));
            return null;
        }

        ImmutableArray<AdapterModule> present = CommonScale.Apply([.. parts.Select(part => part.Module)], run.Log, run.CancellationToken);
        Dictionary<RowSelection, AdapterModule> byRows =
            parts.Select(part => part.Mapping.Rows).Zip(present).ToDictionary(pair => pair.First, pair => pair.Second);
        if (present.Any(module => module.Magnitude is not null)
            && (present.Length < mapping.Partners.Length || present.Any(module => module.Magnitude is null)))
        {
            run.Log.Add(TargetCodes.DoraMixed.At(
                first.SourcePath, $"is DoRA, but not all of {string.Join(", ", mapping.Partners)} are, which are one weight in transformers"));
            return null;
        }

        (RowSelection Rows, AdapterModule? Module)[] all =
            [.. mapping.Partners.Select(partner => map.MapToHuggingFace(partner, layout).Rows).Select(rows => (rows, byRows.GetValueOrDefault(rows)))];
        (LazyTensor a, LazyTensor b, int rank, bool isSummed) = RankFusion.Fuse(all, run.CancellationToken);
        if (isSummed)
        {
            run.Log.Add(TensorCodes.Fused.At(
                mapping.Path, $"{string.Join(" and ", present.Select(module => module.SourcePath))} were fused; the rank is {rank}"));
        }

        return present[0] with
        {
            SourcePath = mapping.Path,
            A = a,
            B = b,
            Rank = rank,
            Magnitude = present[0].Magnitude is null ? null : RowParts.Assemble(0, [.. all.Select(part => (part.Rows, part.Module!.Magnitude!))]),
        };
    }

    // The extents of the weight of which a module is a part: experts, rows and columns.
    private static ModuleExtent Whole((AdapterModule Module, HfMapping Mapping) part)
    {
        ModuleExtent extent = Extent(part.Module);
        return extent with { Rows = RowParts.TotalRows(part.Mapping.Rows, extent.Rows!.Value) };
    }

    private static ModuleExtent Extent(AdapterModule module) =>
        new(module.A.Shape.Rank == 3 ? module.A.Shape[0] : null, module.B.Shape[RowParts.RowAxis(module.B)], module.InputSize);

    private AdapterModule? Pack(AdapterModule module, HfMapping mapping)
    {
        PackedParameter packed = mapping.Packed!;
        if (packed.ActsOnInput is not { } actsOnInput)
        {
            run.Log.Add(TensorCodes.ExpertOrientation.At(module.SourcePath, $"the axes of {mapping.Path} differ between versions of transformers"));
            return null;
        }

        if (module.A.Shape[0] == 1 && packed.IsTransposed)
        {
            run.Log.Add(TensorCodes.ExpertOrientation.At(
                module.SourcePath, $"PEFT does not turn the factors of a single expert around, as {mapping.Path} needs"));
            return null;
        }

        // Experts that the parameter has beyond the model's have no effect.
        long experts = Math.Max(packed.Experts ?? 0, module.A.Shape[0]);
        LazyTensor allA = module.A.PadWithZeros(0, experts);
        (LazyTensor a, LazyTensor b) = PackedExperts.Pack(allA, module.B.PadWithZeros(0, experts), actsOnInput);
        int dot = mapping.Path.LastIndexOf('.');
        return module with
        {
            Path = ModulePath.Parse(mapping.Path[..dot]),
            Parameter = mapping.Path[(dot + 1)..],
            Kind = ModuleKind.PackedParameter,
            A = a,
            B = b,
        };
    }

    private static LazyTensor Slice(LazyTensor factor, int expert) =>
        factor.Slice(0, expert, 1).Reshape(new TensorShape(factor.Shape[1], factor.Shape[2]));
}
