using System.Text;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>The settings of a PEFT adapter by which its tensors mean something else than they do without them.</summary>
internal static class PeftSettings
{
    /// <summary>The settings, by field, as JSON.</summary>
    public static Dictionary<string, string> Of(PeftConfig config, Adapter adapter)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!config.IsLora)
        {
            return settings;
        }

        foreach (Finding finding in PeftMaths.Of(config))
        {
            Add(finding.Place!.Field);
        }

        if (adapter.OtherTensors.Any(tensor => tensor.Kind == OtherTensorKind.TokenRows))
        {
            Add("trainable_token_indices");
        }

        // With a pair for the head the tensors say themselves what becomes of it.
        bool hasEmbedding = adapter.Modules.Any(module => module.Kind == ModuleKind.Embedding);
        if (adapter.TiesEmbeddings && hasEmbedding && adapter.Modules.All(module => module.Kind == ModuleKind.Embedding || module.Path.IsInLayer))
        {
            Add("ensure_weight_tying");
        }

        return settings;

        void Add(string field) => settings[field] = config.Source[field] is { } value ? string.Join(' ',
            Encoding.UTF8.GetString(PythonJson.Write(value, PythonJsonStyle.Peft)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) : "not set";
    }
}
