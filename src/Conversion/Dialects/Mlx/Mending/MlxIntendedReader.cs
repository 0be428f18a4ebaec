using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects.Mlx.Mending;

/// <summary>Tells which reader a folder is for.</summary>
internal static class MlxIntendedReader
{
    // What mlx-swift-lm 3.31 and mlx-vlm 0.6 write, and nothing else. mlx-lm writes all its arguments.
    private static readonly string[] TopLevel = ["fine_tune_type", "num_layers", "lora_parameters"];
    private static readonly string[] Parameters = ["rank", "scale", "dropout", "keys"];

    private const string VlmRoot = "language_model.";

    /// <summary>The forms that new keys may have: those that the reader takes, or full paths where the config has one.</summary>
    public static KeyForms FormsOf(MlxConfigView view, Adapter adapter, TargetProfile reader) =>
        NamesFullPaths(view, adapter) ? KeyForms.FullPath : reader.KeyForms;

    /// <summary>The program that a folder is for: the one that wrote it, as far as its fields and names tell, else mlx-lm.</summary>
    public static TargetProfile Of(MlxConfigView view, Adapter adapter, AdapterContent content) => view.IsUnsloth ? TargetProfile.Unsloth
        : IsLegacy(view, content) || IsVlm(view, adapter) || (HasVlmRoot(adapter) && !view.Json.Contains("model") && NamesFullPaths(view, adapter))
            ? TargetProfile.MlxVlm
        : IsSwift(view, adapter) && !NamesFullPaths(view, adapter) ? TargetProfile.MlxSwift.Intersect(TargetProfile.MlxLm)
        : TargetProfile.MlxLm;

    // One key that is a module's whole path tells how the others were written.
    private static bool NamesFullPaths(MlxConfigView view, Adapter adapter)
    {
        HashSet<string> stated = new((view.Parameters["keys"] as JsonArray)?.Items.OfType<JsonString>().Select(key => key.Value) ?? [], StringComparer.Ordinal);
        return adapter.Modules.Any(module => module.Path.IsInLayer && stated.Contains(module.Path.Text));
    }

    private static bool IsLegacy(MlxConfigView view, AdapterContent content) =>
        view.IsLegacyVlm || content.Weights.Tensors.Any(tensor => MlxTensorName.Parse(tensor.Name).Form == MlxFactorForm.Legacy);

    // mlx-vlm holds the language model under this name, writes no base, and -1 for num_layers, at which mlx-swift-lm stops.
    private static bool IsVlm(MlxConfigView view, Adapter adapter) =>
        HasVlmRoot(adapter) && !view.Json.Contains("model") && !(HasSwiftFields(view) && view.Number("num_layers").AsInteger > 0);

    private static bool HasVlmRoot(Adapter adapter) => adapter.Modules.Any(module => module.Path.Text.StartsWith(VlmRoot, StringComparison.Ordinal));

    private static bool IsSwift(MlxConfigView view, Adapter adapter) =>
        HasSwiftFields(view) && adapter.Modules.All(module => module is { Kind: ModuleKind.Linear, Path.IsInLayer: true });

    private static bool HasSwiftFields(MlxConfigView view) =>
        !view.Json.Members.IsEmpty && view.Json.Members.All(field => TopLevel.Contains(field.Key))
            && view.Parameters.Members.All(field => Parameters.Contains(field.Key));
}
