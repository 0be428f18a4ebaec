using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects.Mlx.Mending;

/// <summary>Puts the fields right that MLX's readers take; every other field stays.</summary>
internal static class MlxConfigRepair
{
    public static void Apply(ConfigEditor editor, Adapter adapter, MlxConfigView view, KeyForms forms, ReadOptions options, FindingLog log)
    {
        FineTuneKind kind = FineTuneInference.Infer(adapter.Modules.Select(module => module.Magnitude is not null));
        editor.Set("fine_tune_type", new JsonString(kind.ToText()), kind == FineTuneKind.Lora ? "the file has no magnitudes" : "the file has magnitudes");
        editor.Remove("use_dora", "mlx-lm 0.19 and later say it with fine_tune_type");
        ModulePath[] paths = [.. adapter.Modules.Select(module => module.Path)];
        MlxKeyRepair choice = MlxKeyRepair.Choose(
            view.Number(view.HasLoraLayers ? "lora_layers" : "num_layers"), view.Keys, paths, options.BaseLayers, forms, kind != FineTuneKind.Lora);
        SetLayers(editor, view, choice, log);
        SetParameters(editor, adapter, choice, options.Given.Dropout is not null);
        if (choice.Excess > 0)
        {
            log.Add((kind == FineTuneKind.Lora ? TargetCodes.OverWrap : TargetCodes.DoraOverWrap)
                .At("lora_parameters.keys", $"reach {choice.Excess} modules that the adapter does not have"));
        }

        if (view.IsUnsloth)
        {
            UnslothFields.Apply(editor, adapter, view, log);
        }
        else
        {
            RemoveTopLevel(editor, view);
        }
    }

    private static void SetLayers(ConfigEditor editor, MlxConfigView view, MlxKeyRepair choice, FindingLog log)
    {
        if (view.HasLoraLayers)
        {
            editor.Rename("lora_layers", "num_layers", JsonNumber.Of(choice.NumLayers), choice.NumLayersReason ?? "its name since mlx-lm 0.19");
        }
        else
        {
            editor.Set("num_layers", (long)choice.NumLayers, choice.NumLayersReason ?? "an integer without a point");
            editor.Remove("lora_layers", "num_layers is its name since mlx-lm 0.19");
        }

        if (!choice.IsConfirmed)
        {
            log.Add(MlxConfigCodes.LayersUnconfirmed.At("num_layers", $"is {choice.NumLayers}, and the last adapted layer was taken for the base's last"));
        }
    }

    private static void SetParameters(ConfigEditor editor, Adapter adapter, MlxKeyRepair choice, bool isDropoutGiven)
    {
        AdapterModule first = adapter.Modules[0];
        editor.Set("lora_parameters.rank", (long)first.Rank, "the rank of the tensors");
        editor.Set("lora_parameters.scale", first.Scale, "the final multiplier");
        editor.Set("lora_parameters.dropout", first.Dropout, isDropoutGiven ? "as --dropout says"
            : editor["lora_parameters.dropout"] is JsonNumber stated && DropoutInference.IsProbability(stated.Value) ? "without the drift of 1 - (1 - p)"
                : "readers need it; it matters in training only");
        editor.Remove("lora_parameters.alpha", "it is part of the scale, or without meaning since mlx-lm 0.14.2");
        if (choice.KeysReason is { } reason)
        {
            editor.Set("lora_parameters.keys", JsonArray.Of(choice.Keys), reason);
        }
    }

    // mlx-vlm until 0.5 had its fields at the top.
    private static void RemoveTopLevel(ConfigEditor editor, MlxConfigView view)
    {
        foreach (string field in new[] { "rank", "alpha", "scale", "dropout" })
        {
            editor.Remove(field, view.IsLegacyVlm ? "lora_parameters says it since mlx-vlm 0.6" : "lora_parameters says it");
        }
    }
}
