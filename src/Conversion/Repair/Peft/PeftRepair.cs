using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Repair.Editing;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Stages.Fit.Targets;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Repair.Peft;

/// <summary>
/// Repairs PEFT folders. First come fields that keep the config from being read, then the config is read with the tensors, then fields that do not fit them.
/// An initialisation that changes the base is never rewritten, and adapters of other methods than LoRA are carried.
/// </summary>
internal static class PeftRepair
{
    /// <summary>The repaired folder, or <see langword="null"/> with an error in the log.</summary>
    public static RepairPlan? Plan(AdapterContent content, Dialect dialect, Run run)
    {
        FindingLog log = run.Log;
        if (run.Options.Producer is not null)
        {
            log.Add(PeftReading.Unasked(Path.Combine(content.Name, AdapterFiles.Config), "--producer"));
            return null;
        }

        if (content.Config is null && run.Options.Scale is null)
        {
            log.Add(ContainerCodes.ConfigMissing.At(content.Name, $"has {content.WeightsFile} but no {AdapterFiles.Config}, and no tensor tells alpha; give --scale NUMBER"));
            return null;
        }

        var editor = new ConfigEditor(content.Config ?? JsonObject.Empty);
        bool layersAreLost = BeforeReading(editor, content, run);
        if (log.HasErrors || ReadAdapter.ToMend(content with { Config = editor.Config }, dialect, run) is not { } adapter || log.HasErrors)
        {
            return null;
        }

        if (adapter.Method == PeftTypes.Lora)
        {
            adapter = WithoutStrangers(adapter, editor, run);
        }

        if (adapter.Method == PeftTypes.Lora && !adapter.Modules.IsEmpty)
        {
            AfterReading(editor, adapter, layersAreLost, run);
        }

        ValueProbes.Run(adapter, dialect, run);
        BaseFit.CheckPeft(adapter, run);
        editor.ClearNonFinite(log);
        ImmutableArray<NamedTensor> tensors = PeftWriter.Tensors(adapter);
        return log.HasErrors ? null : new RepairPlan
        {
            Adapter = adapter,
            Reader = TargetProfile.Peft,
            Config = editor.Config,
            Tensors = tensors,
            WeightsFile = AdapterFiles.PeftWeights,
            KeptNames = [AdapterFiles.PeftWeights, AdapterFiles.PeftPickle],
            Metadata = PeftWriter.Metadata,
            Changes = [.. editor.Changes, .. PeftTensorChanges.Of(content, tensors)],
        };
    }

    private static bool BeforeReading(ConfigEditor editor, AdapterContent content, Run run)
    {
        var facts = new PeftFacts(PeftTensorSorter.Sort(PeftFileNames.Read(content.Weights.Tensors, run.Base).Value).Value, editor.Config);
        FieldFormFix.Apply(editor);
        PeftTypeFix.Apply(editor, facts, run.Log);
        NeutralFieldsFix.Apply(editor, run.Log);
        if ((editor["peft_type"] as JsonString)?.Value != PeftTypes.Lora)
        {
            return false;
        }

        StatedRankFix.Apply(editor, facts, run);
        ScaleFix.Apply(editor, run.Options, run.Log);
        FlagsFix.Apply(editor, facts, run.Log);
        return SelectorFormFix.Apply(editor);
    }

    // Whole weights that nobody asked for and that equal the base's, and tensors that no setting makes: PEFT ignores the second, and what they were for is lost.
    private static Adapter WithoutStrangers(Adapter adapter, ConfigEditor editor, Run run)
    {
        PeftConfig config = PeftConfig.Parse(editor.Config, AdapterFiles.Config).Value;
        adapter = SavedEmbeddings.LeaveOutEqual(adapter, tensor => IsUnasked(tensor, config), run);
        if (!config.Variants.Active().IsEmpty)
        {
            return adapter;
        }

        ImmutableArray<OtherTensor> unknown = [.. adapter.OtherTensors.Where(tensor => tensor.Kind == OtherTensorKind.Unknown)];
        TargetKinds.RefuseOtherTensors(unknown, TargetProfile.Peft, run.Log);
        return adapter with { OtherTensors = adapter.OtherTensors.RemoveRange(unknown) };
    }

    // PEFT saves the embeddings itself, and modules_to_save and bias name what was trained whole.
    private static bool IsUnasked(OtherTensor tensor, PeftConfig config)
    {
        string owner = tensor.Path.Replace(".base_layer.", ".", StringComparison.Ordinal);
        owner = owner[..Math.Max(owner.LastIndexOf('.'), 0)];
        bool isEmbedding = EmbeddingNames.Contains(ModulePath.LeafOf(owner)) || ModulePath.LeafOf(owner) == "lm_head";
        return tensor.Kind == OtherTensorKind.SavedEmbedding ? !isEmbedding
            : tensor.Kind == OtherTensorKind.WholeModule && !config.ModulesToSave.Any(item => owner.EndsWith(item, StringComparison.Ordinal));
    }

    private static void AfterReading(ConfigEditor editor, Adapter adapter, bool layersAreLost, Run run)
    {
        ExpertsCheck.Apply(adapter, run);
        run.Log.AddRange(PeftPromises.CheckTokens(editor["trainable_token_indices"], adapter.OtherTensors) is { } rows ? [rows] : []);
        SavedModulesFix.Apply(editor, adapter, run.Log);
        if (run.Log.HasErrors)
        {
            return;
        }

        foreach ((string field, JsonValue value) in PeftMissingFields.Of(PeftConfig.Parse(editor.Config, AdapterFiles.Config).Value))
        {
            editor.Set(field, value, "what PEFT 0.21 takes where it is missing");
        }

        ChangedBase.Report(PeftConfig.Parse(editor.Config, AdapterFiles.Config).Value, run.Log);
        RankPatternFix.Apply(editor, adapter);
        TargetsFix.Apply(editor, adapter, layersAreLost);
        // Single experts become parameters too when PEFT loads them for transformers 5.
        if (adapter.Modules.Any(module => module.Parameter is not null || module.Path.Text.Contains(".experts.", StringComparison.Ordinal)))
        {
            WithParameters(editor, adapter.Modules[0].Dropout, run.Log);
        }
    }

    private static void WithParameters(ConfigEditor editor, double dropout, FindingLog log)
    {
        if (dropout > 0)
        {
            log.Add(TargetCodes.DropoutCleared.At("lora_dropout", FormattableString.Invariant($"{dropout:R} became 0")));
            editor.Set("lora_dropout", 0.0, "PEFT refuses dropout with target_parameters; it matters in training only");
        }

        if (editor["fan_in_fan_out"] is JsonBoolean { Value: true })
        {
            editor.Set("fan_in_fan_out", JsonBoolean.False, "PEFT refuses it with target_parameters; it says nothing about the tensors");
        }
    }
}
