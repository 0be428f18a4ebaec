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
internal static class MlxReader
{
    // Where an adapter is only looked at, a question that its config leaves open is no reason not to show the rest.
    private static readonly MlxGiven Unknown = new(double.NaN, double.NaN);

    public static Adapter? Read(AdapterContent content, ReadOptions options, FindingLog log)
    {
        string configFile = Path.Combine(content.Name, AdapterFiles.Config);
        (ImmutableArray<MlxModuleFactors> factors, ImmutableArray<OtherTensor> others) = MlxTensorSorter.Sort(MlxFileNames.Read(content.Weights.Tensors, log), log);
        if (factors.IsEmpty)
        {
            log.Add(content.Config?["fine_tune_type"] is JsonString { Value: "full" }
                ? MlxConfigCodes.FullFineTune.At(configFile, $"fine_tune_type is full; {content.WeightsFile} holds {others.Length} whole tensors")
                : TensorCodes.NoModules.At(Path.Combine(content.Name, content.WeightsFile), $"none of its {content.Weights.Tensors.Length} tensors is a lora_a or lora_b"));
            return null;
        }

        var facts = new MlxFolderFacts(configFile, content.Config, content.WeightsFile, [.. factors.Select(Describe)], [.. others.Where(tensor => tensor.Kind == OtherTensorKind.WholeModule).Select(tensor => tensor.SourceName)], options.BaseLayers);
        foreach (Finding finding in MlxDetectors.Detect(facts))
        {
            log.Add(finding);
        }

        DropStrayMagnitudes(facts, factors, log);
        MlxSettings? read = MlxSettingsReader.Read(facts, options.Given).Into(log);
        if ((read ?? (options.Purpose == ReadPurpose.Inspect ? MlxSettingsReader.Read(facts, Unknown).Value : null)) is not { } settings)
        {
            return null;
        }

        ImmutableArray<AdapterModule> modules =
        [
            .. factors.Where(module => facts.Topology.Counts(module.Path)).Select(module => MlxModuleReader.Read(module, settings.Scale, settings.Dropout, log))
                .OfType<AdapterModule>().OrderBy(module => module.Path),
        ];
        long? stated = facts.Config?.Number("lora_parameters.rank").AsInteger ?? facts.Config?.Number("rank").AsInteger;
        TurnedFactors.Report(modules, _ => stated, log);
        return modules.IsEmpty ? null : new Adapter
        {
            Layout = ModelLayout.Mlx,
            Modules = modules,
            OtherTensors = others,
            Base = settings.BaseId is { } id ? new BaseModelReference(id, settings.BaseRevision) : null,
            LayerCount = options.BaseLayers ?? MlxLayerCount.Infer(settings, facts.Config?.Keys, facts.Paths),
            SourceConfig = content.Config ?? JsonObject.Empty,
        };
    }

    // Where the caller knows that magnitudes do not belong, the modules are what the config says.
    private static void DropStrayMagnitudes(MlxFolderFacts facts, ImmutableArray<MlxModuleFactors> factors, FindingLog log)
    {
        if (log.IsAllowed(MlxConfigCodes.StrayMagnitudes) && facts.HasStrayMagnitudes)
        {
            foreach (MlxModuleFactors module in factors)
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
