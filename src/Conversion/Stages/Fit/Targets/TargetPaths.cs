using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Readers;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages.Fit.Targets;

/// <summary>
/// Gives the modules of an MLX adapter the paths under which the target's readers hold them; mlx-swift-lm and mlx-vlm hold some models elsewhere than mlx-lm.
/// </summary>
internal static class TargetPaths
{
    /// <summary>The adapter under the target's paths, or <see langword="null"/> with an error in the log.</summary>
    public static Adapter? Apply(Adapter adapter, TargetProfile target, Run run)
    {
        string[] present =
            [.. adapter.Modules.Where(module => module.Path.IsInLayer).Select(module => module.Path.LayersRoot!).Distinct(StringComparer.Ordinal)];
        if (run.Options.ModelType == ArchitectureTable.Identity || present is [])
        {
            return adapter;
        }

        Architecture? architecture = run.NamedArchitecture;
        ReaderGroup readers = run.Readers.GroupOf(target);
        string? root = architecture is not null ? readers.CommonRoot(architecture, run.Log)
            : readers.CanDiffer ? FromNames(present, readers, target, run)
            : present[0];
        if (root is null)
        {
            return null;
        }

        adapter = architecture is null ? adapter : adapter with { Modules = readers.Offered(adapter.Modules, architecture, run.Log) };
        return present is [string only] && only == root ? adapter : Rename(adapter, root, architecture, target, run);
    }

    // Without a base the present path alone tells which models it can be: those that mlx-lm holds there, else those that any reader does.
    private static string? FromNames(string[] present, ReaderGroup readers, TargetProfile target, Run run)
    {
        Architecture[] candidates = [.. ArchitectureTable.Default.All.Where(architecture => present.Contains(architecture.Layers.Mlx))];
        candidates = candidates is [] ? [.. ArchitectureTable.Default.All.Where(
            architecture => Enum.GetValues<MlxProgram>().Any(program => present.Contains(MlxPaths.Root(architecture, program))))] : candidates;
        string[] roots = [.. candidates.SelectMany(readers.RootsOf).Distinct(StringComparer.Ordinal)];
        if (roots.Length > 1 || present.Length > 1)
        {
            run.Log.Add(ArchitectureCodes.AmbiguousModelType.At(
                "modules", $"{string.Join(" and ", present)} in mlx-lm is {string.Join(" or ", roots)} in {target.Name}, by the model; give --base or "
                + "--model-type"));
            return null;
        }

        run.Log.Add(ArchitectureCodes.NamesKept.At(
            "modules", $"no base was given; whether {target.Name} has the model, and adapts these modules of it, is not known"));
        return roots is [string only] ? only : present[0];
    }

    private static Adapter? Rename(Adapter adapter, string root, Architecture? architecture, TargetProfile target, Run run)
    {
        var modules = ImmutableArray.CreateBuilder<AdapterModule>(adapter.Modules.Length);
        foreach (AdapterModule module in adapter.Modules)
        {
            if (Rename(module.Path, root, architecture) is { } path)
            {
                modules.Add(module with { Path = path });
            }
            else
            {
                run.Log.Add(ArchitectureCodes.UnknownModule.At(
                    module.SourcePath, $"is no module of {architecture}, and {target.Name} holds the model under other paths"));
            }
        }

        foreach (OtherTensor tensor in adapter.OtherTensors)
        {
            run.Log.Add(TensorCodes.WholeModule.At(tensor.SourceName, $"is a weight of the base under a path that {target.Name} does not have"));
        }

        if (run.Log.HasErrors)
        {
            return null;
        }

        run.Log.Add(TargetCodes.PathsRewritten.At("modules", $"{adapter.Modules[0].Path} became {modules[0].Path}, and so the others"));
        return adapter with { Modules = [.. modules.OrderBy(module => module.Path)], OtherTensors = [] };
    }

    private static ModulePath? Rename(ModulePath path, string root, Architecture? architecture)
    {
        if (architecture is null)
        {
            return path.IsInLayer ? ModulePath.Parse($"{root}.{path.Layer}.{path.Relative}") : null;
        }

        return MlxPaths.Resolve(architecture, path.Text) switch
        {
            null => null,
            { Layer: { } layer } address => ModulePath.Parse($"{root}.{layer}.{address.Path}"),
            { } address => ModulePath.Parse(MlxPaths.Rebase(address.Path, architecture.Layers.Mlx, root)),
        };
    }
}
