using System.Collections.Immutable;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Mlx.Detectors;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>Reads MLX adapters, current and old. Detectors say what is odd about a folder; tensors overrule what its config says of them.</summary>
/// <param name="content">The opened files.</param>
/// <param name="options">What is known beside them.</param>
internal sealed class MlxReading(AdapterContent content, ReadOptions options) : DialectReading
{
    // A question that the config leaves open is an error, and no reason not to read the rest.
    private static readonly MlxGiven Unknown = new(double.NaN, double.NaN);

    private ImmutableArray<MlxModuleFactors> _factors;
    private ImmutableArray<OtherTensor> _others;
    private ImmutableArray<MlxModulePair> _pairs;
    private MlxFolderFacts? _facts;

    private string WeightsPath => Path.Combine(content.Name, content.WeightsFile);

    public override int Modules => _factors.IsDefault ? 0 : _factors.Length;

    public override bool RemapKeys(FindingLog log)
    {
        string configFile = Path.Combine(content.Name, AdapterFiles.Config);
        (_factors, _others) = MlxTensorSorter.Sort(MlxFileNames.Read(content.Weights.Tensors, log), log);
        if (_factors.IsEmpty)
        {
            log.Add(content.Config?["fine_tune_type"] is JsonString { Value: "full" }
                ? MlxConfigCodes.FullFineTune.At(configFile, $"fine_tune_type is full; {content.WeightsFile} holds {_others.Length} whole tensors")
                : TensorCodes.NoModules.At(WeightsPath, $"none of its {content.Weights.Tensors.Length} tensors is a lora_a or lora_b"));
            return false;
        }

        ImmutableArray<string> whole = [.. _others.Where(tensor => tensor.Kind == OtherTensorKind.WholeModule).Select(tensor => tensor.SourceName)];
        _facts = new MlxFolderFacts(configFile, content.Config, content.WeightsFile, [.. _factors.Select(Describe)], whole, options.BaseLayers);
        log.AddRange(MlxDetectors.Detect(_facts));
        DropStrayMagnitudes(_facts, log);
        return true;
    }

    public override void Transpose(FindingLog log) =>
        _pairs = [.. _factors.Where(module => _facts!.Topology.Counts(module.Path)).Select(module => MlxModulePair.Of(module, log)).OfType<MlxModulePair>()];

    public override Adapter? Infer(FindingLog log)
    {
        MlxFolderFacts facts = _facts!;
        if ((MlxSettingsReader.Read(facts, options.Given).Into(log) ?? MlxSettingsReader.Read(facts, Unknown).Value) is not { } settings)
        {
            return null;
        }

        ImmutableArray<AdapterModule> modules =
            [.. _pairs.Select(pair => pair.ToModule(settings.Scale, settings.Dropout, log)).OfType<AdapterModule>().OrderBy(module => module.Path)];
        long? stated = facts.Config?.Number("lora_parameters.rank").AsInteger ?? facts.Config?.Number("rank").AsInteger;
        TurnedFactors.Report(modules, _ => stated, log);
        if (modules.IsEmpty)
        {
            log.Add(TensorCodes.NoModules.At(WeightsPath, $"none of its {_factors.Length} pairs of factors can be read"));
            return null;
        }

        return new Adapter
        {
            Layout = ModelLayout.Mlx,
            Modules = modules,
            OtherTensors = _others,
            Base = settings.BaseId is { } id ? new BaseModelReference(id, settings.BaseRevision) : null,
            LayerCount = options.BaseLayers ?? MlxLayerCount.Infer(settings, facts.Config?.Keys, facts.Paths),
            SourceConfig = content.Config ?? JsonObject.Empty,
        };
    }

    // Where the caller knows that magnitudes do not belong, the modules are what the config says.
    private void DropStrayMagnitudes(MlxFolderFacts facts, FindingLog log)
    {
        if (log.IsAllowed(MlxConfigCodes.StrayMagnitudes) && facts.HasStrayMagnitudes)
        {
            foreach (MlxModuleFactors module in _factors)
            {
                module.Magnitude = null;
            }
        }
    }

    private static MlxModuleFacts Describe(MlxModuleFactors module) => new(
        new ModuleEvidence
        {
            Path = module.Path,
            A = module.A?.Shape,
            B = module.B?.Shape,
            IsLayerBacked = module.Form == MlxFactorForm.Layers,
            HasMagnitude = module.Magnitude is not null,
        },
        module.Form);
}
