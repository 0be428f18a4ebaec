using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects;

/// <summary>Tells the dialect of an adapter from its config's fields and its tensors' names.</summary>
internal static class DialectDetector
{
    /// <summary>
    /// The dialect and what belongs to it: a config of the other dialect is not the adapter's and is set aside, so that its file is read as one without a config.
    /// <see langword="null"/> with an error where neither config nor tensors tell, or where they are a form of another program.
    /// </summary>
    public static (AdapterDialect Dialect, AdapterContent Content)? Detect(AdapterContent content, FindingLog log)
    {
        string configFile = Path.Combine(content.Name, AdapterFiles.Config);
        if (ForeignForm.Of(content.Weights.Tensors) is { } foreign)
        {
            log.Add(ContainerCodes.ForeignForm.At(Path.Combine(content.Name, content.WeightsFile), foreign));
            return null;
        }

        if (content.Config is { } config && DialectFields.IsModel(config))
        {
            log.Add(ConfigCodes.ModelConfig.At(configFile, $"is the config.json of a model{(config["model_type"] is JsonString type ? $" (model_type {ConfigFields.Shorten(type.Value)})" : string.Empty)}"));
            return null;
        }

        AdapterDialect? byTensors = FromTensors(content);
        AdapterDialect? byConfig = content.Config is null ? null : FromConfig(content.Config);
        AdapterDialect? byFile = content.WeightsFile switch
        {
            AdapterFiles.PeftWeights or AdapterFiles.PeftPickle or AdapterFiles.PeftCheckpoint => AdapterDialect.Peft,
            AdapterFiles.MlxWeights or AdapterFiles.MlxArchive => AdapterDialect.Mlx,
            _ => AdapterFiles.IsNumberedCheckpoint(content.WeightsFile) ? AdapterDialect.Mlx : null,
        };
        if (byTensors is { } told && byConfig is not null && told != byConfig)
        {
            log.Add(ContainerCodes.OtherConfig.At(configFile, $"is that of {Name(byConfig)}, and the tensors of {content.WeightsFile} are those of {Name(told)}: it was not read"));
            return (told, content with { Config = null, HasByteOrderMark = false });
        }

        if ((byTensors ?? byConfig ?? byFile) is { } dialect)
        {
            return (dialect, content);
        }

        log.Add(ContainerCodes.NoAdapterContent.At(content.Name, $"neither the config nor the tensors of {content.WeightsFile} are those of an adapter"));
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
