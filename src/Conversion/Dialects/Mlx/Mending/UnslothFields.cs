using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects.Mlx.Mending;

/// <summary>Puts the fields right that only Unsloth reads: copies at the top level, the list of modules, the base's id (unsloth-zoo 2026.8).</summary>
internal static class UnslothFields
{
    private const string Copy = "the copy of lora_parameters that Unsloth keeps";
    private const string BaseField = "base_model_name_or_path";

    public static void Apply(ConfigEditor editor, Adapter adapter, MlxConfigView view, FindingLog log)
    {
        AdapterModule first = adapter.Modules[0];
        editor.Set("rank", (long)first.Rank, Copy);
        editor.Set("scale", first.Scale, Copy);
        editor.Set("dropout", first.Dropout, Copy);
        editor.Set("peft_type", new JsonString("LORA"), "Unsloth declares its adapters so");
        ImmutableArray<string> paths = [.. adapter.Modules.Select(module => module.Path.Text)];
        // An empty list means nothing to Unsloth, which then goes by the keys, as mlx-lm does: it stays, unless only the list can tell experts from DoRA
        // modules.
        bool needsList = adapter.HasMagnitudes && adapter.Modules.Any(module => module.Magnitude is null);
        bool isKept = view.Json[MlxTopology.Field] is JsonArray { Items: [] } && !needsList;
        bool isList = view.Json[MlxTopology.Field] is JsonArray list && list.Items.All(item => item is JsonString { Value.Length: > 0 });
        if (!isKept && (!isList || !paths.ToHashSet(StringComparer.Ordinal).SetEquals(view.Topology.Paths)))
        {
            editor.Set(MlxTopology.Field, JsonArray.Of(paths), "it names the modules of the file");
        }

        if (view.Text(BaseField) is not null)
        {
            return;
        }

        if (adapter.Base is { } known)
        {
            editor.Set(BaseField, new JsonString(known.Id), "the field model has it");
        }
        else
        {
            log.Add(TargetCodes.BaseIdMissing.At(
                AdapterFiles.Config, $"{BaseField} is {JsonText.Show(view.Json[BaseField]) ?? "missing"}; Unsloth would take the folder for a whole model"));
        }
    }
}
