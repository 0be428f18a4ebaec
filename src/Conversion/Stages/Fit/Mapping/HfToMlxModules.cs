using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Conversion.Readers;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>
/// Maps the modules of a transformers model to those of the MLX model: packed experts unpacked, single experts stacked, fused rows split, folded factors
/// applied.
/// </summary>
internal sealed class HfToMlxModules(ArchitectureMap map, Adapter adapter, TargetProfile reader, Run run)
{
    private readonly ImmutableArray<AdapterModule>.Builder _modules = ImmutableArray.CreateBuilder<AdapterModule>();
    private readonly SortedDictionary<string, Dictionary<int, AdapterModule>> _experts = new(StringComparer.Ordinal);

    /// <summary>The modules in MLX's layout, ordered by path. Each that has no counterpart is named in a finding.</summary>
    public ImmutableArray<AdapterModule> Map()
    {
        (AdapterModule Module, MlxMapping Mapping)[] mapped =
            [.. adapter.Modules.Where(IsNoConvolution).Select(module => (module, map.MapToMlx(module.FullPath)))];
        ReaderGroup readers = run.Readers.GroupOf(reader);
        var orientation = new PackedOrientation(mapped, adapter, run);
        foreach ((AdapterModule module, MlxMapping mapping) in mapped)
        {
            if (mapping.Gap == MappingGap.CannotAdapt && readers.OwnPathOf(module.FullPath, map.Architecture) is { } own)
            {
                _modules.Add(module with { Path = ModulePath.Parse(own), Kind = ModuleKind.Linear, Parameter = null });
                continue;
            }

            if (mapping.Finding is { } finding)
            {
                run.Log.Add(finding with { Subject = module.SourcePath });
                continue;
            }

            if (mapping.RequiresUntiedHead)
            {
                run.Log.Add(TargetCodes.HeadMayBeTied.At(
                    module.SourcePath,
                    "adapts the head, and "
                    + $"{(map.Config is null ? "no base was given that says" : $"neither the base's config.json nor {map.Architecture}'s default says")} "
                    + "whether it is a weight of its own"));
            }

            AddTargets(module, mapping, orientation);
        }

        foreach ((string path, Dictionary<int, AdapterModule> experts) in _experts)
        {
            AddStack(ModulePath.Parse(path), experts);
        }

        return [.. _modules.OrderBy(module => module.Path)];
    }

    private bool IsNoConvolution(AdapterModule module)
    {
        if (module.Kind != ModuleKind.Convolution)
        {
            return true;
        }

        run.Log.Add(TargetCodes.KindUnsupported.At(module.SourcePath, $"{reader.Name} cannot adapt convolutions"));
        return false;
    }

    private void AddTargets(AdapterModule module, MlxMapping mapping, PackedOrientation orientation)
    {
        AdapterModule? source = mapping.Form == HfForm.Packed ? WithoutZeroExperts(orientation.Unpack(module, mapping)) : AsMatrix(module);
        if (source is null || !IsOfKind(module, mapping))
        {
            return;
        }

        foreach (MlxTarget target in mapping.Targets)
        {
            if (Part(source, target) is not { } part)
            {
                continue;
            }

            if (target.Expert is { } expert)
            {
                Dictionary<int, AdapterModule> experts = _experts.TryGetValue(target.Path, out Dictionary<int, AdapterModule>? known) ? known
                    : _experts[target.Path] = [];
                if (!experts.TryAdd(expert, part))
                {
                    run.Log.Add(TensorCodes.DuplicateModule.At(module.SourcePath, $"is expert {expert} of {target.Path}, as is {experts[expert].SourcePath}"));
                }
            }
            else
            {
                _modules.Add(part with { Path = ModulePath.Parse(target.Path), Kind = target.Kind.ModuleKind(), Parameter = null });
            }
        }
    }

    // Some parameters hold experts beyond those that have weights in MLX (LongCat's zero experts); what they learn changes nothing.
    private AdapterModule? WithoutZeroExperts(AdapterModule? module)
    {
        if (module is null || map.Config?.ExpertCount(map.Architecture) is not { } count || module.A.Shape[0] <= count)
        {
            return module;
        }

        run.Log.Add(ArchitectureCodes.WithoutEffect.At(module.SourcePath, $"experts {count} to {module.A.Shape[0] - 1} have no weights"));
        return module with { A = module.A.Slice(0, 0, count, 1), B = module.B.Slice(0, 0, count, 1) };
    }

    private AdapterModule? AsMatrix(AdapterModule module)
    {
        if (module.Kind != ModuleKind.PackedParameter || module.A.Shape[0] == module.Rank)
        {
            return module;
        }

        run.Log.Add(TensorCodes.ExpertShape.At(
            module.SourcePath, $"lora_A is {module.A.Shape}, but the rank is {module.Rank}, and {map.Architecture} holds no experts there"));
        return null;
    }

    // Factors of an embedding lie the other way round than those of a Linear layer of the same weight.
    private bool IsOfKind(AdapterModule module, MlxMapping mapping)
    {
        bool isEmbedding = module.Kind == ModuleKind.Embedding;
        if (mapping.Targets.All(target => (target.Kind == TargetKind.Embedding) == isEmbedding))
        {
            return true;
        }

        run.Log.Add(ArchitectureCodes.DimensionMismatch.At(
            module.SourcePath,
            $"has factors of {(isEmbedding ? "an embedding" : "a Linear layer")}, but {map.Architecture} has {mapping.Targets[0].Kind.MlxClass()} there"));
        return false;
    }

    private AdapterModule? Part(AdapterModule module, MlxTarget target)
    {
        int rows = RowParts.RowAxis(module.B);
        if (!target.Rows.Fits(module.B.Shape[rows]))
        {
            run.Log.Add(ArchitectureCodes.DimensionMismatch.At(
                module.SourcePath, $"lora_B has {module.B.Shape[rows]} output rows, which do not divide as {map.Architecture} needs"));
            return null;
        }

        return StepsOnModule.Apply(module, target.Steps, run);
    }

    private void AddStack(ModulePath path, Dictionary<int, AdapterModule> experts)
    {
        int seen = experts.Keys.Max() + 1;
        long? stated = map.Config?.ExpertCount(map.Architecture);
        if (stated > BaseConfig.MaxExperts)
        {
            run.Log.Add(ArchitectureCodes.ExpertMismatch.At(path.Text,
                $"{experts.Count} experts have adapters, but the base model's config states {stated}; at most {BaseConfig.MaxExperts} are believed"));
            return;
        }

        int? known = (int?)stated;
        if (known is null && experts.Count < seen)
        {
            run.Log.Add(ArchitectureCodes.NeedsBaseConfig.At(
                path.Text, $"the adapter has {experts.Count} experts up to number {seen - 1}; give --base to tell how many the model has"));
            return;
        }

        if (known is null)
        {
            run.Log.Add(ArchitectureCodes.ExpertCountAssumed.At(
                path.Text, $"no base was given; the model was taken to have {seen} experts, as many as the adapter"));
        }

        if (ExpertStack.Stack(path, experts, known ?? seen, run) is { } stacked)
        {
            _modules.Add(stacked);
        }
    }
}
