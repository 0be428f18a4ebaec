using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects;

/// <summary>Tells the dialect of an adapter from its config's fields and its tensors' names.</summary>
internal static class DialectDetector
{
    public static AdapterDialect? Detect(AdapterContent content, FindingLog log)
    {
        AdapterDialect? byTensors = FromTensors(content);
        AdapterDialect? byConfig = content.Config is null ? null : FromConfig(content.Config);
        AdapterDialect? byFile = content.WeightsFile switch
        {
            AdapterFiles.PeftWeights or AdapterFiles.PeftPickle or AdapterFiles.PeftCheckpoint => AdapterDialect.Peft,
            AdapterFiles.MlxWeights or AdapterFiles.MlxArchive => AdapterDialect.Mlx,
            _ => AdapterFiles.IsNumberedCheckpoint(content.WeightsFile) ? AdapterDialect.Mlx : null,
        };
        if (byTensors is not null && byConfig is not null && byTensors != byConfig)
        {
            log.Add(ContainerCodes.DialectUnclear.At(content.Name, $"the config is that of {Name(byConfig)}, the tensors of {content.WeightsFile} are those of {Name(byTensors)}"));
            return null;
        }

        if ((byTensors ?? byConfig ?? byFile) is { } dialect)
        {
            return dialect;
        }

        log.Add(ContainerCodes.DialectUnclear.At(content.Name, $"neither the config nor the tensors of {content.WeightsFile} are those of an adapter"));
        return null;
    }

    private static string Name(AdapterDialect? dialect) => dialect == AdapterDialect.Peft ? "PEFT" : "MLX";

    private static AdapterDialect? FromConfig(JsonObject config)
    {
        bool mlx = DialectFields.HasMlx(config) || (config.Contains("rank") && !config.Contains("peft_type"));
        bool peft = DialectFields.HasPeft(config) || (config.Contains("peft_type") && !mlx);
        return (mlx, peft) switch
        {
            (true, false) => AdapterDialect.Mlx,
            (false, true) => AdapterDialect.Peft,
            _ => null,
        };
    }

    private static AdapterDialect? FromTensors(AdapterContent content)
    {
        bool mlx = content.Weights.Tensors.Any(tensor => HasSegment(tensor.Name, "lora_a") || HasSegment(tensor.Name, "lora_b"));
        bool peft = content.Weights.Tensors.Any(tensor =>
            HasSegment(tensor.Name, "lora_A") || HasSegment(tensor.Name, "lora_B") || HasSegment(tensor.Name, "lora_embedding_A")
            || tensor.Name.StartsWith("base_model.", StringComparison.Ordinal));
        return (mlx, peft) switch
        {
            (true, false) => AdapterDialect.Mlx,
            (false, true) => AdapterDialect.Peft,
            _ => null,
        };
    }

    private static bool HasSegment(string name, string segment) =>
        name.EndsWith("." + segment, StringComparison.Ordinal) || name.Contains("." + segment + ".", StringComparison.Ordinal);
}
