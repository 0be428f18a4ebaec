using System.Collections.Immutable;
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
        bool carries = read.Dialect == context.Profile.Dialect;
        bool toMlx = context.Profile.Dialect == AdapterDialect.Mlx;
        Adapter? mapped = carries ? read.Adapter : MapLayout.Apply(read.Adapter, context);
        if (mapped is null)
        {
            return null;
        }

        if (!carries || (toMlx && !context.Profile.LoadsBaseWeights))
        {
            TargetKinds.RefuseOtherTensors(mapped.OtherTensors, context.Profile, context.Log);
            mapped = mapped with { OtherTensors = [] };
        }

        if (!carries || toMlx)
        {
            mapped = mapped with { Modules = TargetKinds.Apply(mapped.Modules, context.Profile, context.Log) };
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

        if (context.Profile.OneRankAndScale && !modules.IsEmpty)
        {
            modules = CommonScale.Apply(CommonRank.Apply(modules, context.Log), context.Log, context.CancellationToken);
        }

        bool readsDouble = context.Profile.Dialect == AdapterDialect.Peft;
        modules = DTypes.Apply(modules, context.Options.DType, readsDouble, context.Log, context.CancellationToken);
        return mapped with { Modules = modules };
    }
}
