using Transfuse.Conversion.Dialects;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Enrich;

/// <summary>What a folder that is about to be written has where a finding points: the value of a field, or a tensor.</summary>
/// <param name="output">The files.</param>
internal sealed class WrittenValues(OutputFolder output)
{
    private const string PeftPrefix = "base_model.model.";

    // Names in a list that are written out.
    private const int MostShown = 3;

    private readonly Lazy<Dictionary<string, NamedTensor>> _tensors = new(() => ByPath(output));

    /// <summary>
    /// What stands at a finding's subject, such as <c>written is target_modules "q_proj"</c>; <see langword="null"/> where the output has nothing of that name.
    /// </summary>
    public string? Describe(Finding finding)
    {
        string subject = finding.Place?.InFile ?? finding.Subject;
        return Field(subject) is { } value ? $"written is {subject} {Show(value)}"
            : _tensors.Value.TryGetValue(subject, out NamedTensor tensor)
                ? $"written is {tensor.Name} {tensor.Tensor.DType.SafetensorsName()} {tensor.Tensor.Shape}"
            : null;
    }

    // A field of the config, or one inside another: lora_parameters.scale.
    private JsonValue? Field(string path)
    {
        if (output.Config is not { } config)
        {
            return null;
        }

        if (config[path] is { } direct)
        {
            return direct;
        }

        int dot = path.IndexOfAny(['.', ':']);
        return dot > 0 && config[path[..dot]] is JsonObject inner ? inner[path[(dot + 1)..]] : null;
    }

    // The first tensor of each module, by its path with and without PEFT's prefix; each tensor also by its name.
    private static Dictionary<string, NamedTensor> ByPath(OutputFolder output)
    {
        var tensors = new Dictionary<string, NamedTensor>(StringComparer.Ordinal);
        foreach (NamedTensor tensor in output.Tensors)
        {
            string path = tensor.Name.StartsWith(PeftPrefix, StringComparison.Ordinal) ? tensor.Name[PeftPrefix.Length..] : tensor.Name;
            tensors.TryAdd(tensor.Name, tensor);
            tensors.TryAdd(path, tensor);
            int factor = path.LastIndexOf(".lora_", StringComparison.Ordinal);
            if (factor > 0)
            {
                tensors.TryAdd(path[..factor], tensor);
            }
        }

        return tensors;
    }

    private static string Show(JsonValue value) => value switch
    {
        JsonString text => $"\"{ConfigFields.Shorten(text.Value)}\"",
        JsonArray { Items: { Length: > 0 } items } =>
            NameList.Of(items.Select(item => item is JsonString text ? ConfigFields.Shorten(text.Value) : ConfigFields.Show(item)), MostShown),
        JsonObject { Members.Length: var count } => count == 1 ? "with one entry" : $"with {count} entries",
        _ => ConfigFields.Show(value),
    };
}
