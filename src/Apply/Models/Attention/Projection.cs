using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>Queries, keys and values of a token, each flat (b, L, heads * d): from matrices of their own or from one (mlx-models.md 5).</summary>
internal sealed class Projection
{
    private readonly ITensorBackend _backend;
    private readonly string _form;
    private readonly LayerSlot _first;
    private readonly LayerSlot? _keys;
    private readonly LayerSlot? _values;
    private readonly int _heads;
    private readonly int _groups;
    private readonly int _width;
    private readonly int _valueWidth;
    private readonly float _clip;

    public Projection(PartFactory parts, string path, int layer, int heads, int groups, int width, int valueWidth, bool ownsKeys)
    {
        if (heads % groups != 0)
        {
            throw new ModelException(ModelError.FieldInvalid, "dims.nh", $"{heads} query heads cannot share {groups} key heads");
        }

        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        (_heads, _groups, _width, _valueWidth) = (heads, groups, width, valueWidth);
        int hidden = settings.Size("dims.H", layer);
        bool bias = settings.Is("attn.bias_qkv", layer, false);
        _clip = settings.Number("attn.clip_qkv", layer, 0);
        _form = ownsKeys ? settings.Word("attn.qkv")! : "query_only";
        string Name(string slot) => Paths.Join(path, settings.Word("attn." + slot));
        switch (_form)
        {
            case "split" or "split_q_gate" or "query_only":
                _first = parts.Linear(Name("q"), heads * width * (_form == "split_q_gate" ? 2 : 1), hidden, bias);
                if (ownsKeys)
                {
                    _keys = parts.Linear(Name("k"), groups * width, hidden, bias);
                    bool valuesAreKeys = settings.Is("attn.v_eq_k", layer, false);
                    _values = valuesAreKeys ? null : parts.Linear(Name("v"), groups * valueWidth, hidden, bias);
                }

                break;
            case "fused_concat" or "fused_grouped" or "fused_per_head":
                _first = parts.Linear(Name("qkv_name"), ((heads + groups) * width) + (groups * valueWidth), hidden, bias);
                break;
            default:
                throw new ModelException(ModelError.SettingNotRun, "attn.qkv", $"is '{_form}', which is not run");
        }
    }

    /// <summary>Queries, keys, values, and what gates the output where the same matrix gives it.</summary>
    public (BackendArray Queries, BackendArray? Keys, BackendArray? Values, BackendArray? Gate) Forward(BackendArray x)
    {
        BackendArray first = Clip(_first.Forward(x));
        int b = x[0], length = x[1], g = _heads / _groups;
        switch (_form)
        {
            case "query_only":
                return (first, null, null, null);
            case "split":
                BackendArray keys = Clip(_keys!.Forward(x));
                return (first, keys, _values is null ? keys : Clip(_values.Forward(x)), null);
            case "split_q_gate":
                BackendArray both = _backend.Reshape(first, b, length, _heads, 2 * _width);
                BackendArray Half(int start) => _backend.Reshape(_backend.Slice(both, -1, start, _width), b, length, _heads * _width);
                return (Half(0), _keys!.Forward(x), _values!.Forward(x), Half(_width));
            case "fused_concat":
                int q = _heads * _width, k = _groups * _width;
                return (_backend.Slice(first, -1, 0, q), _backend.Slice(first, -1, q, k), _backend.Slice(first, -1, q + k, _groups * _valueWidth), null);
            default:
                // Rows of a group: its query heads, then its key head, then its value head.
                BackendArray groups = _backend.Reshape(first, b, length, _groups, (g + 2) * _width);
                BackendArray Part(int start, int count) =>
                    _backend.Reshape(_backend.Slice(groups, -1, start * _width, count * _width), b, length, _groups * count * _width);
                return (Part(0, g), Part(g, 1), Part(g + 1, 1), null);
        }
    }

    private BackendArray Clip(BackendArray x) => _clip == 0 ? x : _backend.Clip(x, -_clip, _clip);
}
