using System.Collections.Immutable;
using Transfuse.Conversion.Stages.BaseChecks;
using Transfuse.Conversion.Stages.Mapping;
using Transfuse.Conversion.Stages.Targets;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages;

/// <summary>
/// All changes of names, structure and values that the target asks for. Across dialects modules are mapped by the architecture;
/// within MLX only the paths change under which the target holds the model. What the target has no slot for is refused by name.
/// </summary>
internal static class FitTarget
{
    /// <summary>The adapter as the target holds it, or <see langword="null"/> with an error in the log.</summary>
    public static Adapter? Apply(ReadResult read, StageContext context)
    {
        ValueProbes.Run(read.Adapter, context);
        bool carries = read.Dialect == context.Profile.Dialect;
        bool toMlx = context.Profile.Dialect == AdapterDialect.Mlx;
        Adapter? mapped = carries ? Carry(read, context) : Cross(read, context);
        if (mapped is null)
        {
            return null;
        }

        if (!carries || toMlx)
        {
            mapped = mapped with { Modules = TargetKinds.Apply(mapped.Modules, context.Profile, !carries, context.Log) };
        }

        mapped = toMlx && !context.Log.HasErrors ? TargetPaths.Apply(mapped, context) : mapped;
        if (mapped is null)
        {
            return null;
        }

        ImmutableArray<AdapterModule> modules = mapped.Modules;

        if (context.Log.HasErrors)
        {
            return null;
        }

        if (modules.IsEmpty && mapped.OtherTensors.IsEmpty)
        {
            context.Log.Add(TensorCodes.NoModules.At(read.Content.Name, "no module is left that the target can adapt"));
            return null;
        }

        bool hasOneRankAndScale = context.Profile.OneRankAndScale && !modules.IsEmpty;
        modules = hasOneRankAndScale ? CommonRank.Apply(modules, context) : modules;
        double before = GrowthLimit.BytesOf(read.Adapter.Modules), after = GrowthLimit.BytesOf(modules);
        if (context.Log.HasErrors || !GrowthLimit.Allows(before, after, $"{modules.Length} modules", context))
        {
            return null;
        }

        GrowthLimit.Report(before, after, $"{modules.Length} modules", context);
        modules = hasOneRankAndScale ? CommonScale.Apply(modules, context.Log, context.CancellationToken) : modules;

        bool readsDouble = context.Profile.Dialect == AdapterDialect.Peft;
        modules = DTypes.Apply(modules, context.Options.DType, readsDouble, context.Log, context.CancellationToken);
        return mapped with { Modules = modules };
    }

    // PEFT holds what is no low-rank factor; MLX's readers refuse it.
    private static Adapter Carry(ReadResult read, StageContext context)
    {
        if (context.Profile.Dialect == AdapterDialect.Peft)
        {
            LiveNames.Check(read.Adapter, context);
            return read.Adapter;
        }

        Adapter kept = read.Adapter with { Modules = CheckAgainstBase.CheckKept(read.Adapter.Modules, context) };
        if (context.Profile.LoadsBaseWeights)
        {
            return kept;
        }

        TargetKinds.RefuseOtherTensors(kept.OtherTensors, context.Profile, context.Log);
        return kept with { OtherTensors = [] };
    }

    // What stands against the conversion is named in one report: the tensors without slot first, then the modules without counterpart.
    private static Adapter? Cross(ReadResult read, StageContext context)
    {
        LeftOutFields.Report(read.Adapter.SourceConfig, read.Content.Name, context.Log);
        if (context is { Profile.Dialect: AdapterDialect.Mlx, Base.Config.Quantization: { } quantization })
        {
            context.Log.Add(TargetCodes.QuantizedBase.At(context.Base.Folder, $"has {quantization.Bits} bits ({quantization.Mode})"));
        }

        Adapter adapter = SavedEmbeddings.LeaveOutOrRefuse(read.Adapter, context);
        TargetKinds.RefuseOtherTensors(adapter.OtherTensors, context.Profile, context.Log);
        return MapLayout.Apply(adapter with { OtherTensors = [] }, context);
    }
}
