using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Readers.Mlx;

/// <summary>On which keys mlx-lm's <c>linear_to_lora_layers</c> fails, and which it passes over (mlx-lm 0.32.0; mlx-vlm 0.6 has a copy).</summary>
internal static class LayerKeyRules
{
    private const string KeysField = "lora_parameters.keys";

    /// <summary>Reads the keys as Python's <c>in</c> does.</summary>
    /// <param name="context">The check.</param>
    /// <param name="keys">The value.</param>
    /// <param name="names">The keys, or <see langword="null"/> where there are none.</param>
    /// <returns>False with an error where the function fails whatever the model.</returns>
    public static bool TryRead(CheckContext context, JsonValue? keys, out string[]? names)
    {
        names = null;
        switch (keys)
        {
            case null or JsonNull:
                return true;
            case JsonArray list:
                names = [.. list.OfType<JsonString>().Select(item => item.Value)];
                return true;
            case JsonObject members:
                names = [.. members.Members.Select(member => member.Key)];
                return true;
            case JsonString:
                context.Report(
                    CheckCodes.FieldRefused, KeysField,
                    "ValueError: Can't convert layer of type TransformerBlock to LoRA: keys is a string, and every path that is part of it counts as named, "
                    + "the "
                    + "empty one too");
                return false;
            default:
                context.Report(CheckCodes.FieldRefused, KeysField, $"TypeError: keys is {keys.Kind}, not a list");
                return false;
        }
    }

    /// <summary>Reports each key that the function fails on or passes over.</summary>
    public static void Check(CheckContext context, LayerReach reach)
    {
        if (!reach.Named.HasKeys)
        {
            if (reach.IsDora && reach.Model.HasExperts == true)
            {
                context.Report(CheckCodes.MethodRefused, KeysField, "ValueError: SwitchLinear doesn't support DoRA yet; without keys all experts are meant");
            }

            return;
        }

        foreach (string key in reach.Named.Keys)
        {
            ModelSlot below = reach.Model.FindRelative(key);
            ModelSlot whole = reach.Model.Find(key);
            CheckKey(context, reach, key, below.State is SlotState.Absent or SlotState.Unknown && whole.State != SlotState.Unknown ? whole : below);
            if (reach.FormsOf(key) == (KeyForms.Relative | KeyForms.FullPath) && whole.CanBeWrapped && reach.Model.TrySplit(key, out _, out string relative))
            {
                context.Report(
                    CheckCodes.KeyRefused, KeysField, $"ValueError: Can't convert layer of type LoRALinear to LoRA: {key} is named twice, also as {relative}");
            }
        }
    }

    private static void CheckKey(CheckContext context, LayerReach reach, string key, ModelSlot place)
    {
        switch (place)
        {
            case var _ when key.Length == 0:
                context.Report(
                    CheckCodes.KeyRefused, KeysField,
                    "ValueError: Can't convert layer of type TransformerBlock to LoRA: the empty key is the path of a whole layer and of the model");
                break;
            case { State: SlotState.Absent or SlotState.Unknown } when IsWeightless(reach.Model, key):
                context.Report(CheckCodes.KeyRefused, KeysField, $"ValueError: Can't convert layer of type RoPE to LoRA: {key} is a module without weights");
                break;
            case { State: SlotState.Fixed }:
                context.Report(CheckCodes.KeyRefused, KeysField, $"ValueError: Can't convert layer to LoRA: {key} is {place.What}");
                break;
            case { State: SlotState.Adaptable, Kind: TargetKind.Switch } when reach.IsDora:
                context.Report(CheckCodes.MethodRefused, KeysField, $"ValueError: SwitchLinear doesn't support DoRA yet ({key})");
                break;
            case { State: SlotState.Absent }:
                context.Report(
                    CheckCodes.KeyMatchesNothing, KeysField, $"{key} matches no module, neither below a layer nor from the root; nothing is said");
                break;
            default:
                break;
        }
    }

    // Rotary embeddings are modules of every attention that has them; they have no weights, so neither the table nor a base's file shows them.
    private static bool IsWeightless(ModelOutline model, string key) =>
        ModulePath.LeafOf(key) == "rope" && key.Length > 5 && key[..^5] is var parent
        && (model.FindRelative(parent).State == SlotState.Fixed || model.Find(parent).State == SlotState.Fixed);
}
