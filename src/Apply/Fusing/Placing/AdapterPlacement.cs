using System.Collections.Immutable;
using Transfuse.Apply.Fusing.Stages;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Stages.Fit.Mapping;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing.Placing;

/// <summary>
/// Finds for each part of an adapter the weight of the base that it changes. A module whose own name the base has is merged there; others go the way
/// that a conversion takes them: into MLX's layout, and from there into that of the base's files, whichever transformers wrote them.
/// </summary>
internal sealed class AdapterPlacement(ReadResult read, WeightLookup lookup, ArchitectureMap? map, TiedWeights tied, Run run)
{
    private const string Weight = ".weight";
    private static readonly HfLayout[] Layouts = [HfLayout.Checkpoint, HfLayout.Transformers5, HfLayout.Transformers4];
    private readonly List<PlacedStage> _placed = [];

    /// <summary>All changes, in the order in which they are made; what has no place is named in a finding.</summary>
    public ImmutableArray<PlacedStage> Place()
    {
        // A saved embedding is what the factors were trained on.
        Adapter adapter = SavedEmbeddings.LeaveOutEqual(read.Adapter, run);
        PlaceOthers(adapter);
        AdapterModule[] outside = [.. adapter.Modules.Where(module => tied.RoleOf(module.FullPath) != ModuleRole.None)];
        AdapterModule[] inside = [.. adapter.Modules.Except(outside)];
        PlaceTied(outside);
        if (lookup.Layout == ModelLayout.Mlx)
        {
            PlaceAll(adapter.Layout == ModelLayout.Mlx ? inside : InMlx(adapter, inside, run));
        }
        else
        {
            PlaceInHuggingFace(adapter, inside);
        }

        return [.. _placed];
    }

    // Rows of tokens and saved embeddings are written into the one weight that a tied model has; modules that were trained whole are two, unless both were
    // saved alike.
    private void PlaceOthers(Adapter adapter)
    {
        PlacedStage[] others = [.. new OtherPlacement(adapter, lookup, map, tied, run).Place()];
        PlacedStage? embedding = others.LastOrDefault(placed => placed.Weight == tied.Embedding && placed.Stage is RowsStage or ReplaceStage);
        PlacedStage? head = tied.IsTied ? others.LastOrDefault(placed => placed.Weight == tied.Head) : null;
        bool shares = tied is { IsTied: true, Head: not null } && (embedding ?? head) is { } either
            && (head is null || embedding is null ? either.Stage is RowsStage or ReplaceStage { IsOfBase: true }
                : embedding.Stage is ReplaceStage one && head.Stage is ReplaceStage other
                    && TensorProbe.BytesEqual(one.Weight, other.Weight, run.CancellationToken));
        if (!shares)
        {
            _placed.AddRange(others);
            return;
        }

        WeightStage shared = (embedding ?? head)!.Stage;
        _placed.AddRange(
            [.. others.Where(placed => placed != embedding && placed != head), new PlacedStage(tied.Embedding!, shared), new PlacedStage(tied.Head!, shared)]);
    }

    // Embedding and head may be one weight, of which each is changed for itself.
    private void PlaceTied(AdapterModule[] modules)
    {
        AdapterModule? embedding = modules.FirstOrDefault(module => tied.RoleOf(module.FullPath) == ModuleRole.InputEmbedding);
        AdapterModule? head = modules.FirstOrDefault(module => tied.RoleOf(module.FullPath) == ModuleRole.Head);
        if (tied.Embedding is null || (head is not null && tied.Head is null))
        {
            PlaceAll(modules);
            return;
        }

        if (embedding is not null && StageOf(AsEmbedding(embedding), tied.Embedding, lookup.ShapeOf(tied.Embedding)) is { } change)
        {
            _placed.Add(new PlacedStage(tied.Embedding, change));

            // MLX's adapter of a tied embedding changes the head too; PEFT's does with ensure_weight_tying, and then has the mirrored pair for the head.
            bool both = tied.IsTied && (read.Adapter.Layout == ModelLayout.Mlx
                || (read.Adapter.TiesEmbeddings && (head is null || TiedEmbeddings.IsMirror(embedding, head, run.CancellationToken))));
            if (both)
            {
                _placed.Add(new PlacedStage(tied.Head!, change));
                head = null;
            }
        }

        if (head is not null && StageOf(head, tied.Head!, lookup.ShapeOf(tied.SourceOf(tied.Head!))) is { } own)
        {
            _placed.Add(new PlacedStage(tied.Head!, own));
        }
    }

    private void PlaceInHuggingFace(Adapter adapter, AdapterModule[] modules)
    {
        if (adapter.Layout == ModelLayout.Mlx)
        {
            PlaceThroughTable(modules);
            return;
        }

        AdapterModule[] left = [.. modules.Where(module => lookup.Find(NameOf(module)) is null)];
        PlaceAll(modules.Except(left));
        if (left is [])
        {
            return;
        }

        if (map is null)
        {
            ReportMissing(left);
            return;
        }

        Judged<AdapterModule[]> inMlx = run.Judge<AdapterModule[]>(quiet => [.. InMlx(adapter, left, quiet)]);
        if (inMlx.HasErrors)
        {
            Tell(inMlx);
            return;
        }

        PlaceThroughTable(inMlx.Value);
    }

    // Which transformers wrote the files shows in their names: experts one by one, or packed.
    private void PlaceThroughTable(AdapterModule[] modules)
    {
        if (map is null)
        {
            PlaceAll(modules);
            return;
        }

        Judged<AdapterModule[]>? best = null;
        foreach (HfLayout layout in Layouts)
        {
            Judged<AdapterModule[]> mapped = run.Judge<AdapterModule[]>(quiet => [.. new MlxToHfModules(map, layout, quiet).Map([.. modules])]);
            if (!mapped.HasErrors && mapped.Value.All(module => lookup.Find(NameOf(module)) is not null))
            {
                best = mapped;
                break;
            }

            best ??= mapped;
        }

        Tell(best!);
        PlaceAll(best!.Value);
    }

    private static IEnumerable<AdapterModule> InMlx(Adapter adapter, AdapterModule[] modules, Run run)
    {
        var part = adapter with { Modules = [.. modules], OtherTensors = [] };
        return modules is [] ? [] : MapLayout.InMlx(part, run)?.Modules ?? [];
    }

    private void PlaceAll(IEnumerable<AdapterModule> modules)
    {
        AdapterModule[] all = [.. modules];
        (AdapterModule Module, string Weight)[] found = [.. all.Select(module => (module, lookup.Find(NameOf(module))!)).Where(pair => pair.Item2 is not null)];
        ReportMissing([.. all.Except(found.Select(pair => pair.Module))]);

        // Where no table tells, square weights lie as those of the others that tell by their shapes.
        bool othersAreTransposed = found.Any(pair => ModuleFit.IsCertainlyTransposed(pair.Module, lookup.ShapeOf(pair.Weight)));
        (AdapterModule Module, MlxMapping Mapping)[] packed = map is null ? []
            : [.. found.Where(pair => pair.Module.Kind == ModuleKind.PackedParameter).Select(pair => (pair.Module, map.MapToMlx(pair.Module.FullPath)))];
        var orientation = new PackedOrientation(packed, read.Adapter, run);
        foreach ((AdapterModule module, string weight) in found)
        {
            MlxMapping? mapping = packed.FirstOrDefault(pair => pair.Module == module).Mapping;
            if (StageOf(module, weight, lookup.ShapeOf(weight), othersAreTransposed, orientation, mapping) is { } stage)
            {
                _placed.Add(new PlacedStage(weight, stage));
            }
        }
    }

    private WeightStage? StageOf(
        AdapterModule module, string weight, TensorShape shape, bool othersAreTransposed = false, PackedOrientation? orientation = null,
        MlxMapping? mapping = null)
    {
        bool isTransposed = lookup.IsTransposed(weight) ?? othersAreTransposed;
        if (module.Kind == ModuleKind.PackedParameter && shape.Rank == 3 && shape[1] == shape[2])
        {
            // A square parameter does not show which of its sides A acts on.
            if (mapping?.Packed?.Layout is not { } layout)
            {
                run.Log.Add(TensorCodes.ExpertOrientation.At(module.SourcePath, $"{weight} is {shape}; which side is the input cannot be told"));
                return null;
            }

            if (orientation!.Unpack(module, mapping) is not { } unpacked)
            {
                return null;
            }

            (module, isTransposed) = (unpacked, layout == PackedLayout.InOut);
        }

        return ModuleFit.Stage(module, weight, shape, isTransposed, normsColumns: read.Adapter.Layout == ModelLayout.HuggingFace, run.Log);
    }

    // MLX's files do not tell embeddings from Linear layers.
    private static AdapterModule AsEmbedding(AdapterModule module) => module.Kind == ModuleKind.Linear ? module with { Kind = ModuleKind.Embedding } : module;

    private static string NameOf(AdapterModule module) => module.Parameter is null or "weight" ? module.Path.Text + Weight : module.FullPath;

    private void ReportMissing(AdapterModule[] modules)
    {
        foreach (AdapterModule module in modules)
        {
            run.Log.Add(FusionCodes.WeightMissing.At(module.SourcePath, $"the base has no {NameOf(module)}"));
        }
    }

    // What was filled in or folded on the way is undone again, so that only what stands in the way is told.
    private void Tell(Judged<AdapterModule[]> judged) => run.Log.AddRange(judged.Findings.Where(finding => finding.Severity != Severity.Information));
}
