using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Stages.Fit.Targets;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Repair;

/// <summary>What a repair would do.</summary>
/// <param name="Adapter">The adapter as it will be.</param>
/// <param name="Reader">The program that the folder is for.</param>
/// <param name="Folder">The folder as it will be.</param>
internal sealed record RepairPlan(Adapter Adapter, TargetProfile Reader, MendedFolder Folder)
{
    /// <summary>Plans: the dialect mends what only it knows, and what all dialects need is done between its steps.</summary>
    /// <returns>The plan, or <see langword="null"/> with an error in the log.</returns>
    public static RepairPlan? Of(AdapterContent content, Dialect dialect, Run run)
    {
        if (dialect.Mend(content, ReadAdapter.Options(overrides: true, run), run.Log) is not { } mending || run.Log.HasErrors
            || ReadAdapter.ToMend(mending.Readable, dialect, run) is not { } source || run.Log.HasErrors
            || mending.ReaderOf(source, run.Log) is not { } reader)
        {
            return null;
        }

        source = SavedEmbeddings.LeaveOutEqual(source, mending.MayGo, run);
        ImmutableArray<OtherTensor> strangers = [.. source.OtherTensors.Where(tensor => !mending.HasPlace(tensor, reader))];
        TargetKinds.RefuseOtherTensors(strangers, reader, run.Log);
        source = source with { OtherTensors = source.OtherTensors.RemoveRange(strangers) };
        mending.Fit(source, run.Log);
        ValueProbes.Run(source, dialect, run);
        BaseFit.Check(source, run);
        Adapter adapter = source with { Modules = Fit(source.Modules, dialect, reader, run) };
        MendedFolder folder = mending.Complete(source, adapter, reader, run.Log);
        return run.Log.HasErrors ? null : new RepairPlan(adapter, reader, folder);
    }

    private static ImmutableArray<AdapterModule> Fit(ImmutableArray<AdapterModule> modules, Dialect dialect, TargetProfile reader, Run run)
    {
        // Which modules of a model in transformers have a magnitude is a question of reading.
        if (dialect.Layout == ModelLayout.Mlx)
        {
            TargetKinds.RefuseMixedDora(modules, reader, crosses: false, run.Log);
        }

        ImmutableArray<AdapterModule> ranked = reader.OneRankAndScale && !modules.IsEmpty ? CommonRank.Apply(modules, run) : modules;
        GrowthLimit.Report(GrowthLimit.BytesOf(modules), GrowthLimit.BytesOf(ranked), $"{ranked.Length} modules", run);
        return FactorDTypes.Apply(ranked, null, dialect.ReadsDouble, run.Log, run.CancellationToken);
    }
}
