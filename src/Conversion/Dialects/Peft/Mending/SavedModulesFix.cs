using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary><c>modules_to_save</c> and the modules that the file has whole, which must be the same: PEFT refuses a named module without tensors.</summary>
internal static class SavedModulesFix
{
    public static void Apply(ConfigEditor editor, Adapter adapter, FindingLog log)
    {
        JsonFields.ReadStrings(editor["modules_to_save"], out ImmutableArray<string> stated);
        string[] owners = [.. adapter.OtherTensors.Where(tensor => tensor.Kind == OtherTensorKind.WholeModule && tensor.Path.Contains('.'))
            .Select(tensor => Owner(tensor.Path)).Distinct(StringComparer.Ordinal)];
        string[] missing = PeftPromises.MissingModules(stated, adapter.OtherTensors, adapter.TaskType);
        foreach (string item in missing)
        {
            log.Add(ConfigCodes.SavedModuleMissing.At("modules_to_save", $"names {item}, of which the file has no tensors"));
        }

        // PEFT makes no factors for a module that it saves whole.
        HashSet<string> adapted = [.. adapter.Modules.Select(module => module.Path.Text)];
        string[] unnamed = [.. owners.Where(owner => !adapted.Contains(owner) && !IsBias(owner, adapter, editor)
            && !stated.Any(item => owner.EndsWith(item, StringComparison.Ordinal)))];
        string[] meant = [.. stated.Except(missing), .. unnamed];
        if (missing.Length + unnamed.Length > 0)
        {
            editor.Set("modules_to_save", meant is [] ? JsonNull.Instance : JsonArray.Of(meant),
                unnamed is [] ? "the file has no tensors of the others" : "the file has these modules whole");
        }
    }

    // With bias "all" the biases of any module stand in the file without its weights.
    private static bool IsBias(string owner, Adapter adapter, ConfigEditor editor) => editor["bias"] is JsonString { Value: "all" }
        && adapter.OtherTensors.Where(tensor => Owner(tensor.Path) == owner).All(tensor => tensor.Path.EndsWith(".bias", StringComparison.Ordinal));

    private static string Owner(string path) => path[..Math.Max(path.LastIndexOf('.'), 0)];
}
