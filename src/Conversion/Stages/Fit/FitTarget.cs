using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Stages.Fit.BaseChecks;
using Transfuse.Conversion.Stages.Fit.Mapping;
using Transfuse.Conversion.Stages.Fit.Targets;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>
/// All changes of names, structure and values that the target asks for. Across dialects modules are mapped by the architecture;
/// within MLX only the paths change under which the target holds the model. What the target has no slot for is refused by name.
/// </summary>
internal static class FitTarget
{
    /// <summary>The adapter as the target holds it, or <see langword="null"/> with an error in the log.</summary>
    public static Adapter? Apply(ReadResult read, TargetProfile target, Run run)
    {
        Dialect dialect = run.Dialects.Of(target.Dialect);
        ValueProbes.Run(read.Adapter, dialect, run);
        bool carries = read.Dialect == dialect;
        bool toMlx = dialect.Layout == ModelLayout.Mlx;
        Adapter? mapped = carries ? Carry(read, target, run) : Cross(read, target, run);
        if (mapped is null)
        {
            return null;
        }

        if (!carries || toMlx)
        {
            mapped = mapped with { Modules = TargetKinds.Apply(mapped.Modules, target, !carries, run.Log) };
        }

        mapped = toMlx && !run.Log.HasErrors ? TargetPaths.Apply(mapped, target, run) : mapped;
        if (mapped is null)
        {
            return null;
        }

        ImmutableArray<AdapterModule> modules = mapped.Modules;

        if (run.Log.HasErrors)
        {
            return null;
        }

        if (modules.IsEmpty && mapped.OtherTensors.IsEmpty)
        {
            run.Log.Add(TensorCodes.NoModules.At(read.Content.Name, "no module is left that the target can adapt"));
            return null;
        }

        bool hasOneRankAndScale = target.OneRankAndScale && !modules.IsEmpty;
        modules = hasOneRankAndScale ? CommonRank.Apply(modules, run) : modules;
        double before = GrowthLimit.BytesOf(read.Adapter.Modules), after = GrowthLimit.BytesOf(modules);
        if (run.Log.HasErrors || !GrowthLimit.Allows(before, after, $"{modules.Length} modules", run))
        {
            return null;
        }

        GrowthLimit.Report(before, after, $"{modules.Length} modules", run);
        modules = hasOneRankAndScale ? CommonScale.Apply(modules, run.Log, run.CancellationToken) : modules;

        modules = FactorDTypes.Apply(modules, run.Options.DType, dialect.ReadsDouble, run.Log, run.CancellationToken);
        return mapped with { Modules = modules };
    }

    // transformers' models hold what is no low-rank factor; MLX's readers refuse it.
    private static Adapter Carry(ReadResult read, TargetProfile target, Run run)
    {
        if (read.Adapter.Layout == ModelLayout.HuggingFace)
        {
            LiveNames.Check(read.Adapter, run);
            return read.Adapter;
        }

        Adapter kept = read.Adapter with { Modules = CheckAgainstBase.CheckKept(read.Adapter.Modules, run) };
        if (target.LoadsBaseWeights)
        {
            return kept;
        }

        TargetKinds.RefuseOtherTensors(kept.OtherTensors, target, run.Log);
        return kept with { OtherTensors = [] };
    }

    // What stands against the conversion is named in one report: the tensors without slot first, then the modules without counterpart.
    private static Adapter? Cross(ReadResult read, TargetProfile target, Run run)
    {
        LeftOutFields.Report(read.Adapter.SourceConfig, read.Content.Name, run);
        if (run.Dialects.Of(target.Dialect).Layout == ModelLayout.Mlx && run is { Base.Config.Quantization: { } quantization })
        {
            run.Log.Add(TargetCodes.QuantizedBase.At(run.Base.Folder, $"has {quantization.Bits} bits ({quantization.Mode})"));
        }

        Adapter adapter = SavedEmbeddings.LeaveOutOrRefuse(read.Adapter, run);
        TargetKinds.RefuseOtherTensors(adapter.OtherTensors, target, run.Log);
        return MapLayout.Apply(adapter with { OtherTensors = [] }, target, run);
    }
}
