using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Inference;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Stages.Fit.BaseChecks;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>Brings an adapter into the other layout: names, structure, and what tying asks for.</summary>
internal static class MapLayout
{
    /// <summary>The adapter in the layout of the target, or <see langword="null"/> with an error in the log.</summary>
    public static Adapter? Apply(Adapter adapter, TargetProfile target, Run run)
    {
        ModelLayout wanted = run.Dialects.Of(target.Dialect).Layout;
        return wanted == adapter.Layout ? adapter : wanted == ModelLayout.Mlx ? ToMlx(adapter, target, run) : ToHuggingFace(adapter, run);
    }

    /// <summary>The adapter in MLX's layout, as mlx-lm has it: as it is where it has that already.</summary>
    public static Adapter? InMlx(Adapter adapter, Run run) => InMlx(adapter, TargetProfile.MlxLm, run);

    /// <summary>The adapter in the layout of an MLX reader: as it is where it has that already.</summary>
    public static Adapter? InMlx(Adapter adapter, TargetProfile reader, Run run) => adapter.Layout == ModelLayout.Mlx ? adapter : ToMlx(adapter, reader, run);

    private static Adapter? ToMlx(Adapter adapter, TargetProfile reader, Run run)
    {
        if (run.Options.ModelType == ArchitectureTable.Identity)
        {
            return TiedEmbeddings.WithoutArchitecture(adapter, run) with { Layout = ModelLayout.Mlx };
        }

        if (ModelTypeResolver.Resolve(() => ModelTypeInference.FromHuggingFace(DistinctPaths(adapter)), run) is not { } map)
        {
            return null;
        }

        Adapter untied = TiedEmbeddings.BeforeMlx(adapter, map, run);
        ImmutableArray<AdapterModule> modules = CheckAgainstBase.Check(new HfToMlxModules(map, untied, reader, run).Map(), map, run);
        return Unique(modules, run.Log) ? untied with { Layout = ModelLayout.Mlx, Modules = modules, LayerCount = LayerCount(adapter, map) } : null;
    }

    private static Adapter? ToHuggingFace(Adapter adapter, Run run)
    {
        if (run.Options.ModelType == ArchitectureTable.Identity)
        {
            return TiedEmbeddings.WithoutArchitecture(adapter, run) with { Layout = ModelLayout.HuggingFace };
        }

        HfLayout layout = run.Options.TransformersGeneration == 4 ? HfLayout.Transformers4 : HfLayout.Transformers5;
        if (ModelTypeResolver.Resolve(() => ModelTypeInference.FromMlx(DistinctPaths(adapter), layout), run) is not { } map)
        {
            return null;
        }

        ImmutableArray<AdapterModule> modules = new MlxToHfModules(map, layout, run).Map(CheckAgainstBase.Check(adapter.Modules, map, run));
        Adapter mapped = adapter with { Layout = ModelLayout.HuggingFace, Modules = modules, LayerCount = LayerCount(adapter, map) };
        return Unique(modules, run.Log) ? TiedEmbeddings.AfterMlx(mapped, map, layout, run) : null;
    }

    // Layers repeat: one module of each kind tells the architecture as well as all.
    private static string[] DistinctPaths(Adapter adapter) =>
        [.. adapter.Modules.DistinctBy(module => (module.Path.LayersRoot, module.Path.Relative, module.Parameter)).Select(module => module.FullPath)];

    private static int? LayerCount(Adapter adapter, ArchitectureMap map) =>
        map.Config?.LayerCount(map.Architecture) is { } count and > 0 and < int.MaxValue ? (int)count : adapter.LayerCount;

    private static bool Unique(ImmutableArray<AdapterModule> modules, FindingLog log)
    {
        foreach (IGrouping<string, AdapterModule> clash in modules.GroupBy(module => module.FullPath, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            log.Add(TensorCodes.DuplicateModule.At(clash.Key, $"is what {string.Join(" and ", clash.Select(module => module.SourcePath))} become"));
        }

        return !log.HasErrors;
    }
}
