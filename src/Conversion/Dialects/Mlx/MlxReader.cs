using System.Collections.Immutable;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>Reads MLX adapters, current and old.</summary>
internal static class MlxReader
{
    public static Adapter? Read(AdapterContent content, ReadOptions options, FindingLog log)
    {
        string configFile = Path.Combine(content.Name, AdapterFiles.Config);
        (ImmutableArray<MlxModuleFactors> factors, ImmutableArray<OtherTensor> others) = MlxTensorSorter.Sort(content.Weights.Tensors, log);
        bool isFull = content.Config?["fine_tune_type"] is JsonString { Value: "full" };
        if (isFull || factors.IsEmpty)
        {
            log.Add(isFull
                ? MlxConfigCodes.FullFineTune.At(configFile, $"fine_tune_type is full; {content.WeightsFile} holds {others.Length} whole tensors")
                : TensorCodes.NoModules.At(Path.Combine(content.Name, content.WeightsFile), $"none of its {content.Weights.Tensors.Length} tensors is a lora_a or lora_b"));
            return null;
        }

        var evidence = new MlxEvidence(
            factors.Any(module => module.Magnitude is not null),
            Path.GetExtension(content.WeightsFile) == ".npz",
            factors.Any(module => module.Form == MlxFactorForm.Legacy));
        if (MlxSettingsReader.Read(content.Config, evidence, options.Given, configFile, log) is not { } settings)
        {
            return null;
        }

        ImmutableArray<AdapterModule> modules =
        [
            .. factors.Select(module => MlxModuleReader.Read(module, settings.Scale, settings.Dropout, log)).OfType<AdapterModule>().OrderBy(module => module.Path),
        ];
        ReportStaleFields(settings, evidence, modules, configFile, log);
        return modules.IsEmpty ? null : new Adapter
        {
            Layout = ModelLayout.Mlx,
            Modules = modules,
            OtherTensors = others,
            Base = settings.BaseId is { } id ? new BaseModelReference(id, settings.BaseRevision) : null,
            LayerCount = MlxLayerCount.Infer(settings, modules),
            SourceConfig = content.Config ?? JsonObject.Empty,
        };
    }

    private static void ReportStaleFields(MlxSettings settings, MlxEvidence evidence, ImmutableArray<AdapterModule> modules, string configFile, FindingLog log)
    {
        int[] ranks = [.. modules.Select(module => module.Rank).Distinct().Order()];
        if (ranks is [int rank] && settings.Rank is { } stated && stated != rank)
        {
            log.Add(MlxConfigCodes.RankStale.At(configFile, $"rank is {stated}, but the tensors have rank {rank}"));
        }

        bool saysDora = settings.FineTuneType == "dora";
        if (settings.FineTuneType is not null && saysDora != evidence.HasMagnitudes)
        {
            log.Add(MlxConfigCodes.TypeStale.At(configFile, $"fine_tune_type is {settings.FineTuneType}, but the file has {(evidence.HasMagnitudes ? "magnitudes" : "no magnitudes")}"));
        }
    }
}
