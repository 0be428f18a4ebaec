using System.Collections.Immutable;
using Transfuse.Conversion.Repair.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Repair.Peft;

/// <summary><c>modules_to_save</c> and the modules that the file has whole, which must be the same: PEFT refuses a named module without tensors.</summary>
internal static class SavedModulesFix
{
    // Heads that PEFT's classes for these tasks add to the list whether the model has them or not.
    private static readonly string[] HeadTasks = ["SEQ_CLS", "TOKEN_CLS", "QUESTION_ANS"];
    private static readonly string[] Heads = ["classifier", "score", "qa_outputs"];

    public static void Apply(ConfigEditor editor, Adapter adapter, FindingLog log)
    {
        JsonFields.ReadStrings(editor["modules_to_save"], out ImmutableArray<string> stated);
        string[] owners = [.. adapter.OtherTensors.Where(tensor => tensor.Kind == OtherTensorKind.WholeModule && tensor.Path.Contains('.')).Select(tensor => Owner(tensor.Path)).Distinct(StringComparer.Ordinal)];
        string[] present = [.. adapter.OtherTensors.Where(tensor => tensor.Path.Contains('.')).Select(tensor => Owner(tensor.Path)).Distinct(StringComparer.Ordinal)];
        string[] missing = [.. stated.Where(item => !present.Any(owner => owner.EndsWith(item, StringComparison.Ordinal)) && !IsOfTask(item, adapter.TaskType))];
        foreach (string item in missing)
        {
            log.Add(ConfigCodes.SavedModuleMissing.At("modules_to_save", $"names {item}, of which the file has no tensors"));
        }

        string[] unnamed = [.. owners.Where(owner => !IsBias(owner, adapter, editor) && !stated.Any(item => owner.EndsWith(item, StringComparison.Ordinal)))];
        string[] meant = [.. stated.Except(missing), .. unnamed];
        if (missing.Length + unnamed.Length > 0)
        {
            editor.Set("modules_to_save", meant is [] ? JsonNull.Instance : JsonArray.Of(meant), unnamed is [] ? "the file has no tensors of the others" : "the file has these modules whole");
        }
    }

    private static bool IsOfTask(string item, string? task) => HeadTasks.Contains(task) && Heads.Contains(item);

    // With bias "all" the biases of any module stand in the file without its weights.
    private static bool IsBias(string owner, Adapter adapter, ConfigEditor editor) => editor["bias"] is JsonString { Value: "all" }
        && adapter.OtherTensors.Where(tensor => Owner(tensor.Path) == owner).All(tensor => tensor.Path.EndsWith(".bias", StringComparison.Ordinal));

    private static string Owner(string path) => path[..Math.Max(path.LastIndexOf('.'), 0)];
}
