using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary>
/// Mends PEFT folders. First come fields that keep the config from being read, then the config is read with the tensors, then fields that do not fit them.
/// An initialisation that changes the base is never rewritten, and adapters of other methods than LoRA are carried.
/// </summary>
internal sealed class PeftFolderMending : FolderMending
{
    private readonly AdapterContent _content;
    private readonly ReadOptions _options;
    private readonly ConfigEditor _editor;
    private readonly bool _layersAreLost;
    private bool _isLora;
    private PeftConfig? _config;

    private PeftFolderMending(AdapterContent content, ReadOptions options, FindingLog log)
    {
        _content = content;
        _options = options;
        _editor = new ConfigEditor(content.Config ?? JsonObject.Empty);
        _layersAreLost = BeforeReading(log);
    }

    /// <summary>Begins, or adds an error where a question is open.</summary>
    public static PeftFolderMending? Begin(AdapterContent content, ReadOptions options, FindingLog log)
    {
        if (options.Given.Producer is not null)
        {
            log.Add(PeftReading.Unasked(Path.Combine(content.Name, AdapterFiles.Config), "--producer"));
            return null;
        }

        if (content.Config is null && options.Given.Scale is null)
        {
            log.Add(ContainerCodes.ConfigMissing.At(
                content.Name, $"has {content.WeightsFile} but no {AdapterFiles.Config}, and no tensor tells alpha; give --scale NUMBER"));
            return null;
        }

        return new PeftFolderMending(content, options, log);
    }

    public override AdapterContent Readable => _content with { Config = _editor.Config };

    public override TargetProfile ReaderOf(Adapter adapter, FindingLog log)
    {
        _isLora = adapter.Method == PeftTypes.Lora;
        _config = PeftConfig.Parse(_editor.Config, AdapterFiles.Config).Value;
        return TargetProfile.Peft;
    }

    // Whole weights that nobody asked for: PEFT saves the embeddings itself, and modules_to_save and bias name what was trained whole.
    public override bool MayGo(OtherTensor tensor)
    {
        if (!_isLora)
        {
            return false;
        }

        string owner = tensor.Path.Replace(".base_layer.", ".", StringComparison.Ordinal);
        owner = owner[..Math.Max(owner.LastIndexOf('.'), 0)];
        bool isEmbedding = EmbeddingNames.Contains(ModulePath.LeafOf(owner)) || ModulePath.LeafOf(owner) == "lm_head";
        return tensor.Kind == OtherTensorKind.SavedEmbedding ? !isEmbedding
            : tensor.Kind == OtherTensorKind.WholeModule && !_config!.ModulesToSave.Any(item => owner.EndsWith(item, StringComparison.Ordinal));
    }

    // Tensors that no setting makes PEFT ignores, and what they were for is lost.
    public override bool HasPlace(OtherTensor tensor, TargetProfile reader) =>
        tensor.Kind != OtherTensorKind.Unknown || !_isLora || !_config!.Variants.Active().IsEmpty;

    public override void Fit(Adapter adapter, FindingLog log)
    {
        if (_isLora && !adapter.Modules.IsEmpty)
        {
            AfterReading(adapter, log);
        }
    }

    public override MendedFolder Complete(Adapter read, Adapter adapter, TargetProfile reader, FindingLog log)
    {
        _editor.ClearNonFinite(log);
        ImmutableArray<NamedTensor> tensors = PeftWriter.Tensors(adapter);
        return new MendedFolder
        {
            Config = _editor.Config,
            Tensors = tensors,
            WeightsFile = AdapterFiles.PeftWeights,
            KeptNames = [AdapterFiles.PeftWeights, AdapterFiles.PeftPickle],
            Metadata = PeftWriter.Metadata,
            Changes = [.. _editor.Changes, .. PeftTensorChanges.Of(_content, tensors)],
        };
    }

    private bool BeforeReading(FindingLog log)
    {
        var facts = new PeftFacts(PeftTensorSorter.Sort(PeftFileNames.Read(_content.Weights.Tensors, _options.Base).Value).Value, _editor.Config);
        FieldFormFix.Apply(_editor);
        PeftTypeFix.Apply(_editor, facts, log);
        NeutralFieldsFix.Apply(_editor, log);
        if ((_editor["peft_type"] as JsonString)?.Value != PeftTypes.Lora)
        {
            return false;
        }

        StatedRankFix.Apply(_editor, facts, _options.BaseExperts, log);
        ScaleFix.Apply(_editor, _options.Given, log);
        FlagsFix.Apply(_editor, facts, log);
        return SelectorFormFix.Apply(_editor);
    }

    private void AfterReading(Adapter adapter, FindingLog log)
    {
        ExpertsCheck.Apply(adapter, _options.BaseExperts, log);
        log.AddRange(PeftPromises.CheckTokens(_editor["trainable_token_indices"], adapter.OtherTensors) is { } rows ? [rows] : []);
        SavedModulesFix.Apply(_editor, adapter, log);
        if (log.HasErrors)
        {
            return;
        }

        foreach ((string field, JsonValue value) in PeftMissingFields.Of(PeftConfig.Parse(_editor.Config, AdapterFiles.Config).Value))
        {
            _editor.Set(field, value, "what PEFT 0.21 takes where it is missing");
        }

        ChangedBase.Report(PeftConfig.Parse(_editor.Config, AdapterFiles.Config).Value, log);
        RankPatternFix.Apply(_editor, adapter);
        TargetsFix.Apply(_editor, adapter, _layersAreLost);
        // Single experts become parameters too when PEFT loads them for transformers 5.
        if (adapter.Modules.Any(module => module.Parameter is not null || module.Path.Text.Contains(".experts.", StringComparison.Ordinal)))
        {
            WithParameters(adapter.Modules[0].Dropout, log);
        }
    }

    private void WithParameters(double dropout, FindingLog log)
    {
        if (dropout > 0)
        {
            log.Add(TargetCodes.DropoutCleared.At("lora_dropout", FormattableString.Invariant($"{dropout:R} became 0")));
            _editor.Set("lora_dropout", 0.0, "PEFT refuses dropout with target_parameters; it matters in training only");
        }

        if (_editor["fan_in_fan_out"] is JsonBoolean { Value: true })
        {
            _editor.Set("fan_in_fan_out", JsonBoolean.False, "PEFT refuses it with target_parameters; it says nothing about the tensors");
        }
    }
}
