using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Peft.Mending;
using Transfuse.Conversion.Dialects.Peft.Methods;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>Adapters of Hugging Face PEFT.</summary>
/// <param name="methods">The methods other than LoRA that are known.</param>
internal sealed class PeftDialect(PeftMethods methods) : Dialect
{
    public override AdapterDialect Id => AdapterDialect.Peft;

    public override ModelLayout Layout => ModelLayout.HuggingFace;

    public override ImmutableArray<string> WeightsFiles { get; } = [AdapterFiles.PeftWeights, AdapterFiles.PeftPickle, AdapterFiles.PeftCheckpoint];

    public override TargetProfile Reader => TargetProfile.Peft;

    public override PythonJsonStyle ConfigStyle => PythonJsonStyle.Peft;

    public override Claim Judge(JsonObject config) => DialectFields.HasPeft(config) ? Claim.Plain : config.Contains("peft_type") ? Claim.Likely : Claim.None;

    public override bool HasTensor(string name) =>
        TensorNames.HasSegment(name, "lora_A") || TensorNames.HasSegment(name, "lora_B") || TensorNames.HasSegment(name, "lora_embedding_A")
        || name.StartsWith("base_model.", StringComparison.Ordinal);

    // Methods of PEFT's have names that other programs save without its prefix.
    public override bool HasFactor(string name) => HasTensor(name) || methods.HasPart(name);

    public override bool Understands(string field) => PeftFields.Find(field)?.Is(PeftFieldTraits.Understood) == true;

    public override Func<string, bool> Reach(JsonObject config)
    {
        PeftConfig parsed = PeftConfig.Parse(config, string.Empty).Value;
        if (!parsed.IsLora)
        {
            return _ => false;
        }

        var matcher = new Lazy<PeftTargetMatcher>(() => new PeftTargetMatcher(parsed, new RegexBudget()));
        return path =>
        {
            try
            {
                return matcher.Value.Match(path) == PeftTargetVerdict.Targeted;
            }
            catch (PythonRegexException)
            {
                // What is wrong with a pattern is told where it decides something.
                return false;
            }
        };
    }

    public override IReadOnlyDictionary<string, string> Settings(Adapter adapter) =>
        PeftSettings.Of(PeftConfig.Parse(adapter.SourceConfig, string.Empty).Value, adapter);

    public override DialectReading? Read(AdapterContent content, ReadOptions options, FindingLog log)
    {
        string configFile = Path.Combine(content.Name, AdapterFiles.Config);
        if (content.Config is null)
        {
            log.Add(ContainerCodes.ConfigMissing.At(
                content.Name,
                $"has {content.WeightsFile} but no "
                + $"{AdapterFiles.Config}{(content.Source.FileNames.Contains(AdapterFiles.Config) ? " of PEFT" : string.Empty)}, and no tensor tells alpha"));
            return null;
        }

        PeftConfig config = PeftConfig.Parse(content.Config, configFile).Into(log);
        PeftMissingFields.Report(config, log);
        MlxBaseId.Report(config.BaseModel, new ConfigPlace(configFile, "base_model_name_or_path"), log);
        return log.HasErrors || EmptyPartitions.Report(content, log) ? null : new PeftReading(content, config, options, methods);
    }

    public override OutputFolder Write(Adapter adapter, WriteContext context, FindingLog log) => PeftWriter.Write(adapter, context, log);

    public override FolderMending? Mend(AdapterContent content, ReadOptions options, FindingLog log) => PeftFolderMending.Begin(content, options, log);
}
