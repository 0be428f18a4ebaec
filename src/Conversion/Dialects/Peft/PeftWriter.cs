using System.Collections.Immutable;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>Lays out PEFT adapters: <c>adapter_model.safetensors</c> under PEFT's names, and a config that current and older PEFT load.</summary>
internal static class PeftWriter
{
    /// <summary>What PEFT writes into the metadata of its files.</summary>
    public static readonly IReadOnlyDictionary<string, string> Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };

    public static OutputFolder Write(Adapter adapter, WriteContext context, FindingLog log)
    {
        JsonObject config = context.IsSameDialect ? PeftConfigWriter.Carry(adapter, log) : PeftConfigWriter.Write(adapter, context, log);
        return new OutputFolder(config, PythonJsonStyle.Peft, AdapterFiles.PeftWeights, Tensors(adapter), Metadata);
    }

    /// <summary>The tensors of an adapter under PEFT's names, those that are no factors after the factors.</summary>
    public static ImmutableArray<NamedTensor> Tensors(Adapter adapter) =>
    [
        .. adapter.Modules.GroupBy(module => module.Path.Text, StringComparer.Ordinal).SelectMany(NameFactors),
        .. adapter.OtherTensors.Select(
            tensor => new NamedTensor(tensor.Kind == OtherTensorKind.MethodParameter ? tensor.SourceName : PeftTensorName.Prefix + tensor.Path, tensor.Tensor)),
    ];

    // Parameters of one module are nested in the order in which the module registers them, the first innermost.
    private static IEnumerable<NamedTensor> NameFactors(IEnumerable<AdapterModule> modules)
    {
        AdapterModule[] ordered = [.. modules.OrderByDescending(module => module.Parameter ?? string.Empty, PeftParameterTargets.Order)];
        return ordered.SelectMany((module, nesting) => Name(module, string.Concat(Enumerable.Repeat(".base_layer", nesting))));
    }

    private static IEnumerable<NamedTensor> Name(AdapterModule module, string nesting)
    {
        string prefix = $"{PeftTensorName.Prefix}{module.Path}{nesting}.";
        bool embedding = module.Kind == ModuleKind.Embedding;
        yield return new NamedTensor(prefix + (embedding ? "lora_embedding_A" : "lora_A.weight"), module.A);
        yield return new NamedTensor(prefix + (embedding ? "lora_embedding_B" : "lora_B.weight"), module.B);
        if (module.Magnitude is { } magnitude)
        {
            yield return new NamedTensor(prefix + "lora_magnitude_vector", magnitude);
        }
    }
}
