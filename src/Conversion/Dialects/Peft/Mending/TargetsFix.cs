using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary>
/// Makes <c>target_modules</c> and <c>target_parameters</c> name the modules of the file: PEFT makes adapters by them alone, and fills these from the file.
/// </summary>
internal static class TargetsFix
{
    private const string Idle = "the file has no tensors of the others; PEFT would make adapters without effect";

    /// <summary>Puts the fields right.</summary>
    /// <param name="editor">The config.</param>
    /// <param name="adapter">The adapter.</param>
    /// <param name="layersAreLost">Whether it is not known for which layers the names were meant.</param>
    public static void Apply(ConfigEditor editor, Adapter adapter, bool layersAreLost)
    {
        ModulePath[] modules = [.. adapter.Modules.Where(module => module.Parameter is null).Select(module => module.Path)];
        string[] parameters = [.. adapter.Modules.Where(module => module.Parameter is not null).Select(module => module.FullPath)];
        Parameters(editor, parameters);
        if (modules is [])
        {
            return;
        }

        string[] paths = [.. modules.Select(path => path.Text)];
        PeftTargetVerdict[] verdicts = Verdicts(editor, paths);
        if (verdicts.Contains(PeftTargetVerdict.Excluded))
        {
            editor.Set("exclude_modules", JsonNull.Instance, "it excludes modules of the file");
            verdicts = Verdicts(editor, paths);
        }

        bool isNarrow = layersAreLost && LayerInference.Infer(modules) is not ({ IsUniform: true, IsContiguous: true, First: 0 } or null);
        if (isNarrow || !verdicts.All(verdict => verdict == PeftTargetVerdict.Targeted))
        {
            if (verdicts.Contains(PeftTargetVerdict.OutsideLayers))
            {
                editor.Set("layers_to_transform", JsonNull.Instance, "it leaves out layers of the file");
                editor.Set("layers_pattern", JsonNull.Instance, "PEFT refuses it without layers_to_transform");
            }

            editor.Set("target_modules", PeftTargetWriter.Write(paths), $"it names the {paths.Length} modules of the file");
        }
        else if (Used(editor["target_modules"], paths) is { } used)
        {
            editor.Set("target_modules", used, Idle);
        }
    }

    private static void Parameters(ConfigEditor editor, string[] parameters)
    {
        if (parameters.Length > 0 && Used(editor["target_parameters"], parameters) is { } used)
        {
            editor.Set("target_parameters", used, Idle);
        }
    }

    // A list without the items that name none of the paths; null where all do, or where it is no list.
    private static JsonArray? Used(JsonValue? selector, string[] paths)
    {
        if (selector is not JsonArray list)
        {
            return null;
        }

        ImmutableArray<JsonValue> used = [.. list.Items.Where(item => item is JsonString name
            && paths.Any(path => path == name.Value || path.EndsWith("." + name.Value, StringComparison.Ordinal)))];
        return used.Length == list.Items.Length ? null : new JsonArray(used);
    }

    private static PeftTargetVerdict[] Verdicts(ConfigEditor editor, string[] paths)
    {
        PeftConfig config = PeftConfig.Parse(editor.Config, string.Empty).Value;
        try
        {
            var matcher = new PeftTargetMatcher(config, config.Patterns, PeftTargetMatcher.RuleOf(config.Version));
            return [.. paths.Select(matcher.Match)];
        }
        catch (PythonRegexException)
        {
            // A pattern that cannot be used names nothing.
            return [.. paths.Select(_ => PeftTargetVerdict.NotTargeted)];
        }
    }
}
