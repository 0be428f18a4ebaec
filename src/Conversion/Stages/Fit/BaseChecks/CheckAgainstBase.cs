using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit.BaseChecks;

/// <summary>
/// Compares every module with the base: its extents with those that the config tells and that the weights' headers have, whether the base has the module
/// at all, and whether its head is a module of its own. All offenders are named in one report. Layer indices are compared when paths are mapped.
/// </summary>
internal static class CheckAgainstBase
{
    /// <summary>Compares modules in MLX's layout.</summary>
    /// <returns>The modules without those that the base does not have; each of these is named in a finding.</returns>
    public static ImmutableArray<AdapterModule> Check(ImmutableArray<AdapterModule> modules, ArchitectureMap map, Run run)
    {
        if (map.Config is not { } config || run.Base is null)
        {
            return modules;
        }

        string root = map.Architecture.Layers.Mlx;
        var byConfig = new TableOutline(map.Architecture, config, root, 0);
        using BaseWeights? weights = OpenBaseWeights.Open(run);
        WeightsOutline? byHeaders = weights is null ? null : WeightsOutline.Of(map.Architecture, config, weights, root);
        if (byHeaders is { IsReadable: false })
        {
            run.Log.Add(ArchitectureCodes.WeightsNotCompared.At(run.Base.Folder, "some weights are packed in a form that config.json does not describe"));
        }

        return [.. modules.Where(Has)];

        bool Has(AdapterModule module)
        {
            string path = map.MlxPathOf(module.Path.Text) ?? module.Path.Text;
            HfMapping mapping = map.MapToHuggingFace(path, HfLayout.Transformers5);
            if (mapping.Role == ModuleRole.Head && map.Architecture.Tying.IsTiedInMlx(config) == true)
            {
                run.Log.Add(ArchitectureCodes.UnknownModule.At(module.SourcePath, "the base ties its head to its embedding, so that MLX has no head to adapt"));
                return false;
            }

            return Compare(module, ModulePath.Parse(path), mapping, byConfig, byHeaders, run.Log);
        }
    }

    /// <summary>Compares the modules of an MLX adapter that stays one, where the base's architecture is known.</summary>
    /// <returns>The modules without those that the base does not have; each of these is named in a finding.</returns>
    public static ImmutableArray<AdapterModule> CheckKept(ImmutableArray<AdapterModule> modules, Run run) => run.NamedArchitecture is { } architecture
        ? Check(modules, new ArchitectureMap(architecture, run.Base?.Config, allowLowConfidence: true), run)
        : modules;

    // Whether the base has the module; of another size it has it.
    private static bool Compare(AdapterModule module, ModulePath path, HfMapping mapping, TableOutline byConfig, WeightsOutline? byHeaders, FindingLog log)
    {
        if (mapping is { Gap: MappingGap.LayerOutOfRange, Finding: { } finding })
        {
            log.Add(finding with { Subject = module.SourcePath });
            return true;
        }

        if (byHeaders?.Lacks(path) == true)
        {
            log.Add(ArchitectureCodes.UnknownModule.At(module.SourcePath,
                path.IsInLayer ? $"the base's weights have no {path} in layer {path.Layer}" : $"the base's weights have no {path} that can be adapted"));
            return false;
        }

        bool isEmbedding = mapping.Kind == TargetKind.Embedding;
        var actual = new ModuleExtent(
            module.Kind == ModuleKind.Experts ? module.A.Shape[0] : null,
            isEmbedding ? module.InputSize : module.OutputSize,
            isEmbedding ? module.OutputSize : module.InputSize);
        (ModuleExtent expected, string source) = byHeaders?.Find(path.Text) is { State: SlotState.Adaptable, Extent: var seen }
            ? (seen, "the base's weight is")
            : (byConfig.Find(path.Text).Extent, "by the base's config it is");
        if (actual.Agrees(expected))
        {
            return true;
        }

        bool otherExperts = actual.Experts is { } experts && expected.Experts is { } known && experts != known;
        log.Add((otherExperts ? ArchitectureCodes.ExpertMismatch : ArchitectureCodes.DimensionMismatch)
            .At(module.SourcePath, $"the factors are for a weight {actual}, but {source} {expected}"));
        return true;
    }
}
