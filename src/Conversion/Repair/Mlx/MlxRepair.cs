using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Dialects.Mlx;
using Transfuse.Conversion.Repair.Editing;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Stages.Fit.Targets;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Repair.Mlx;

/// <summary>Repairs MLX folders: the config says what the tensors are, and the tensors have the form of current readers.</summary>
internal static class MlxRepair
{
    /// <summary>The repaired folder, or <see langword="null"/> with an error in the log.</summary>
    public static RepairPlan? Plan(AdapterContent content, Dialect dialect, Run run)
    {
        if (ReadAdapter.ToMend(content, dialect, run) is not { } source || run.Log.HasErrors)
        {
            return null;
        }

        var view = new MlxConfigView(source.SourceConfig);
        if ((float)source.Modules[0].Scale <= 0 && run.Options.Scale is null)
        {
            string scale = FormattableString.Invariant($"{source.Modules[0].Scale:R}");
            run.Log.Add(MlxConfigCodes.FieldUnusable.At(
                AdapterFiles.Config, $"lora_parameters.scale is {scale}, which no training writes; give the right one, or --scale {scale} to confirm it"));
            return null;
        }

        TargetProfile reader = MlxKeyPreferences.ReaderOf(view, source, content);
        source = WithoutStrangers(source, reader, run);
        ValueProbes.Run(source, dialect, run);
        BaseFit.CheckMlx(source.Modules, run);
        TargetKinds.RefuseMixedDora(source.Modules, view.IsUnsloth ? TargetProfile.Unsloth : TargetProfile.MlxLm, crosses: false, run.Log);
        ImmutableArray<AdapterModule> ranked = CommonRank.Apply(source.Modules, run);
        GrowthLimit.Report(GrowthLimit.BytesOf(source.Modules), GrowthLimit.BytesOf(ranked), $"{ranked.Length} modules", run);
        ImmutableArray<AdapterModule> modules = DTypes.Apply(ranked, null, dialect.ReadsDouble, run.Log, run.CancellationToken);
        Adapter adapter = source with { Modules = modules };
        var editor = new ConfigEditor(source.SourceConfig);
        MlxConfigRepair.Apply(editor, adapter, view, MlxKeyPreferences.Of(view, adapter, content), run);
        editor.ClearNonFinite(run.Log);
        ImmutableArray<NamedTensor> tensors = MlxWriter.Tensors(adapter);
        return run.Log.HasErrors ? null : new RepairPlan
        {
            Adapter = adapter,
            Reader = reader,
            Config = editor.Config,
            Tensors = tensors,
            WeightsFile = AdapterFiles.MlxWeights,
            KeptNames = [AdapterFiles.MlxWeights],
            Changes = [.. editor.Changes, .. MlxTensorChanges.Of(content, source, adapter, tensors)],
        };
    }

    // mlx-lm refuses whatever is no factor. The other readers load weights of the base, and nothing else.
    private static Adapter WithoutStrangers(Adapter adapter, TargetProfile reader, Run run)
    {
        adapter = SavedEmbeddings.LeaveOutEqual(adapter, run);
        ImmutableArray<OtherTensor> refused = [.. adapter.OtherTensors.Where(tensor => !reader.LoadsBaseWeights || tensor.Kind != OtherTensorKind.WholeModule)];
        TargetKinds.RefuseOtherTensors(refused, reader, run.Log);
        return adapter with { OtherTensors = adapter.OtherTensors.RemoveRange(refused) };
    }
}
