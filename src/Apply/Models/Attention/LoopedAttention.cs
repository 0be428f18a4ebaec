using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>
/// Attention of a model that runs its layers twice: the first pass is plain; in the second each head is a mix, by a gate of its query, of attention to the
/// keys of the first pass and to the near keys of its own (iquestloopcoder).
/// </summary>
internal sealed class LoopedAttention : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly Projection _projection;
    private readonly LayerSlot _output;
    private readonly RotaryEmbedding? _rope;
    private readonly Parameter? _gate;
    private readonly Parameter? _gateBias;
    private readonly string _shared;
    private readonly float _scale;
    private readonly int _window;
    private readonly int _heads;
    private readonly int _groups;

    public LoopedAttention(PartFactory parts, string layerPath, int layer, int pass)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("attn.path"));
        int hidden = settings.Size("dims.H", layer), width = settings.Size("dims.hd", layer);
        _heads = settings.Size("dims.nh", layer);
        _groups = settings.Size("dims.nkv", layer);
        _projection = new Projection(parts, path, layer, _heads, _groups, width, width, true);
        _output = parts.Linear(Paths.Join(path, settings.Word("attn.o")), hidden, _heads * width, settings.Is("attn.bias_o", layer, false));
        _rope = RotaryFactory.Create(parts, layer);
        _scale = settings.Number("attn.scale", layer);
        _shared = $"keys of the first pass of layer {layer}";
        if (pass > 0)
        {
            string layers = settings.Word("paths.layers")!, gate = $"{layers[..layers.LastIndexOf('.')]}.gate_projections.{layer}";
            _gate = parts.Parameter(gate + ".weight", _heads, width);
            _gateBias = parts.Parameter(gate + ".bias", _heads);
            _window = settings.Size("block.loop_window", layer);
        }
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        (BackendArray flatQueries, BackendArray? flatKeys, BackendArray? flatValues, _) = _projection.Forward(x);
        BackendArray q = Position(flatQueries, _heads, step), v = Heads.Split(_backend, flatValues!, _groups);
        (BackendArray keys, BackendArray values) = KeyValueUpdate.Run(_backend, state, Position(flatKeys!, _groups, step), v, _window);
        BackendArray own = Attend(q, keys, values, step);
        if (_gate is null)
        {
            step.Shared[_shared] = (keys, values);
            return _output.Forward(Heads.Merge(_backend, own));
        }

        (BackendArray firstKeys, BackendArray firstValues) = ((BackendArray, BackendArray))step.Shared[_shared];
        BackendArray first = _backend.Attention(q, firstKeys, firstValues, _scale, step.Mask(firstKeys[2], 0, false), null, 0);
        BackendArray score = _backend.Sum(_backend.Multiply(q, _backend.Reshape(_gate.Value, _heads, 1, q[3])), -1);
        BackendArray share = _backend.Apply(UnaryOperation.Sigmoid, _backend.Add(score, _backend.Reshape(_gateBias!.Value, _heads, 1, 1)));
        return _output.Forward(Heads.Merge(_backend, _backend.Add(_backend.Multiply(share, first), _backend.Multiply(_backend.Affine(share, -1, 1), own))));
    }

    private BackendArray Attend(BackendArray q, BackendArray keys, BackendArray values, Step step) =>
        _backend.Attention(q, keys, values, _scale, step.Mask(keys[2], _window, false), null, 0);

    private BackendArray Position(BackendArray x, int heads, Step step)
    {
        BackendArray split = Heads.Split(_backend, x, heads);
        return _rope?.Forward(split, step) ?? split;
    }
}
