using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// Names with something before <c>base_model.model.</c>: the adapter of a part of a larger model, saved from the whole model
/// (<c>thinker.base_model.model.model.layers...</c>). Where the whole model has such a part the path goes behind PEFT's prefix;
/// where the base is the part itself it goes away.
/// </summary>
internal static class MisplacedPrefixes
{
    // Parts of models that are not in the table; those of models in the table are among its roots.
    private static readonly string[] Parts =
        ["thinker", "talker", "language_model", "text_model", "vision_tower", "vision_model", "visual", "audio_tower", "llm"];

    private static readonly Lazy<HashSet<string>> Known = new(() =>
        [.. Parts, .. ArchitectureTable.Default.All.SelectMany(architecture => architecture.Layers.HuggingFace).SelectMany(root => root.Split('.')[..^1])]);

    /// <summary>The tensors with the prefix first, told in one finding for each path before it; an error where nothing shows what the path is.</summary>
    public static ImmutableArray<NamedTensor> Move(ImmutableArray<NamedTensor> tensors, BaseModel? baseModel, FindingLog log)
    {
        (NamedTensor Tensor, string Part, string Tail)[] misplaced = [.. tensors.Select(Split).Where(item => item.Part.Length > 0)];
        if (misplaced is [])
        {
            return tensors;
        }

        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (IGrouping<string, (NamedTensor Tensor, string Part, string Tail)> group in misplaced.GroupBy(item => item.Part, StringComparer.Ordinal))
        {
            string[] sources = [.. group.Select(item => item.Tensor.Name)];
            if (IsPart(group.Key, [.. group.Select(item => item.Tail)], baseModel) is not { } isPart)
            {
                log.Add(TensorCodes.PrefixUnclear.At(sources, $"{group.Key} stands before {PeftTensorName.Prefix}"));
                continue;
            }

            foreach ((NamedTensor tensor, string part, string rest) in group)
            {
                names[tensor.Name] = PeftTensorName.Prefix + (isPart ? $"{part}.{rest}" : rest);
            }

            log.Add(TensorCodes.PrefixMoved.At(sources,
                $"{group.Key} stood before {PeftTensorName.Prefix}; it {(isPart ? "was moved behind it" : "was left out, as the base is that part itself")}"));
        }

        return [.. tensors.Select(tensor => names.TryGetValue(tensor.Name, out string? name) ? tensor with { Name = name } : tensor)];
    }

    private static (NamedTensor Tensor, string Part, string Tail) Split(NamedTensor tensor)
    {
        if (!tensor.Name.Contains("." + PeftTensorName.Prefix, StringComparison.Ordinal))
        {
            return (tensor, string.Empty, string.Empty);
        }

        // Wrappers and further prefixes at the start are no part of the model.
        List<string> segments = PeftTensorName.Unwrap(tensor.Name, out _);
        int at = Enumerable.Range(0, segments.Count)
            .FirstOrDefault(i => i > 0 && i + 2 < segments.Count && segments[i] == "base_model" && segments[i + 1] == "model");
        return at == 0
            ? (tensor, string.Empty, string.Empty)
            : (tensor, string.Join('.', segments[..at]), string.Join('.', PeftTensorName.Unwrap(string.Join('.', segments[at..]), out _)));
    }

    // Whether the model has the part, or is it; null where nothing tells.
    private static bool? IsPart(string part, string[] rests, BaseModel? baseModel)
    {
        if (baseModel?.Config is { } config)
        {
            string[] modules = [.. rests.Select(rest => PeftTensorName.Parse(PeftTensorName.Prefix + rest).Module)];
            if (ByTable(part, modules, config) is { } byTable)
            {
                return byTable;
            }

            if (config.Root[part[(part.LastIndexOf('.') + 1)..] + "_config"] is JsonObject)
            {
                return true;
            }

            if (ByWeights(part, modules, baseModel) is { } byWeights)
            {
                return byWeights;
            }
        }

        return Array.TrueForAll(part.Split('.'), Known.Value.Contains) ? true : null;
    }

    private static bool? ByTable(string part, string[] modules, BaseConfig config) => config.Architecture is not { } architecture ? null
        : Array.TrueForAll(modules, module => HfPaths.IsExact(architecture, $"{part}.{module}")) ? true
        : Array.TrueForAll(modules, module => HfPaths.IsExact(architecture, module)) ? false
        : null;

    private static bool? ByWeights(string part, string[] modules, BaseModel baseModel)
    {
        try
        {
            using BaseWeights? weights = baseModel.OpenWeights();
            return weights is null ? null
                : Array.TrueForAll(modules, module => weights.Find($"{part}.{module}.weight") is not null) ? true
                : Array.TrueForAll(modules, module => weights.Find($"{module}.weight") is not null) ? false
                : null;
        }
        catch (ContainerException)
        {
            // Whoever reads the base's values says what is wrong with them.
            return null;
        }
    }
}
