using System.Collections.Frozen;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Checking.Mlx;

/// <summary>
/// Which modules mlx-lm's <c>linear_to_lora_layers</c> wraps (mlx-lm 0.32.0; mlx-vlm 0.6 has a copy): in the last N layers those whose path below the layer
/// equals a key, then in the whole model those whose full path does. N of 0 and below means all layers; no keys mean every layer that can be wrapped.
/// </summary>
internal sealed class LayerWrapping
{
    private const string KeysField = "lora_parameters.keys";
    private readonly CheckContext _context;
    private readonly ModelOutline _model;
    private readonly long _layers;
    private readonly FrozenSet<string>? _keys;
    private readonly bool _isDora;

    private LayerWrapping(CheckContext context, ModelOutline model, long layers, FrozenSet<string>? keys, bool isDora)
    {
        _context = context;
        _model = model;
        _layers = layers;
        _keys = keys;
        _isDora = isDora;
    }

    /// <summary>Reads the keys, and reports each that the function fails on.</summary>
    /// <returns><see langword="null"/> where the function fails whatever the model.</returns>
    public static LayerWrapping? Of(CheckContext context, ModelOutline model, long layers, JsonValue? keys, bool isDora)
    {
        FrozenSet<string>? names;
        switch (keys)
        {
            case null or JsonNull:
                names = null;
                break;
            case JsonArray list:
                names = list.OfType<JsonString>().Select(item => item.Value).ToFrozenSet(StringComparer.Ordinal);
                break;
            case JsonObject members:
                names = members.Members.Select(member => member.Key).ToFrozenSet(StringComparer.Ordinal);
                break;
            case JsonString:
                context.Report(CheckCodes.FieldRefused, KeysField, "ValueError: Can't convert layer of type TransformerBlock to LoRA: keys is a string, and every path that is part of it counts as named, the empty one too");
                return null;
            default:
                context.Report(CheckCodes.FieldRefused, KeysField, $"TypeError: keys is {keys.Kind}, not a list");
                return null;
        }

        var wrapping = new LayerWrapping(context, model, layers, names, isDora);
        wrapping.CheckKeys();
        return wrapping;
    }

    /// <summary>Whether a module is wrapped.</summary>
    public bool Wraps(string path)
    {
        ModelSlot place = _model.Find(path);
        bool inLayer = _model.TrySplit(path, out int layer, out string relative);
        return place.CanBeWrapped && !(_isDora && place.Kind == TargetKind.Switch)
            && (_keys is null ? inLayer && IsSelected(layer) : _keys.Contains(path) || (inLayer && IsSelected(layer) && _keys.Contains(relative)));
    }

    /// <summary>Whether a module would be wrapped if all layers were.</summary>
    public bool WouldWrapInAllLayers(string path) =>
        _model.Find(path).CanBeWrapped && _model.TrySplit(path, out _, out string relative) && (_keys is null || _keys.Contains(relative));

    // Rotary embeddings are modules of every attention that has them; they have no weights, so neither the table nor a base's file shows them.
    private bool IsWeightless(string key) =>
        ModulePath.LeafOf(key) == "rope" && key.Length > 5 && key[..^5] is var parent
        && (_model.FindRelative(parent).State == SlotState.Fixed || _model.Find(parent).State == SlotState.Fixed);

    private bool IsSelected(int layer) => _layers <= 0 || layer >= _model.LayerCount - _layers;

    private void CheckKeys()
    {
        if (_keys is null)
        {
            if (_isDora && _model.HasExperts == true)
            {
                _context.Report(CheckCodes.MethodRefused, KeysField, "ValueError: SwitchLinear doesn't support DoRA yet; without keys all experts are meant");
            }

            return;
        }

        foreach (string key in _keys.Order(StringComparer.Ordinal))
        {
            ModelSlot below = _model.FindRelative(key);
            ModelSlot whole = _model.Find(key);
            CheckKey(key, below.State is SlotState.Absent or SlotState.Unknown && whole.State != SlotState.Unknown ? whole : below);
            if (_model.TrySplit(key, out int layer, out string relative) && _keys.Contains(relative) && IsSelected(layer) && whole.CanBeWrapped)
            {
                _context.Report(CheckCodes.KeyRefused, KeysField, $"ValueError: Can't convert layer of type LoRALinear to LoRA: {key} is named twice, also as {relative}");
            }
        }
    }

    private void CheckKey(string key, ModelSlot place)
    {
        switch (place)
        {
            case var _ when key.Length == 0:
                _context.Report(CheckCodes.KeyRefused, KeysField, "ValueError: Can't convert layer of type TransformerBlock to LoRA: the empty key is the path of a whole layer and of the model");
                break;
            case { State: SlotState.Absent or SlotState.Unknown } when IsWeightless(key):
                _context.Report(CheckCodes.KeyRefused, KeysField, $"ValueError: Can't convert layer of type RoPE to LoRA: {key} is a module without weights");
                break;
            case { State: SlotState.Fixed }:
                _context.Report(CheckCodes.KeyRefused, KeysField, $"ValueError: Can't convert layer to LoRA: {key} is {place.What}");
                break;
            case { State: SlotState.Adaptable, Kind: TargetKind.Switch } when _isDora:
                _context.Report(CheckCodes.MethodRefused, KeysField, $"ValueError: SwitchLinear doesn't support DoRA yet ({key})");
                break;
            case { State: SlotState.Absent }:
                _context.Report(CheckCodes.KeyMatchesNothing, KeysField, $"{key} matches no module, neither below a layer nor from the root; nothing is said");
                break;
            default:
                break;
        }
    }
}
