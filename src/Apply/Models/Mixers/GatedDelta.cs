using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>The gated delta net of Qwen3-Next and Qwen3.5 (mlx-models.md 7).</summary>
internal sealed class GatedDelta : IMixer
{
    private const float NormEpsilon = 1e-6f;

    private readonly ITensorBackend _backend;
    private readonly LayerSlot? _grouped;
    private readonly LayerSlot? _groupedGates;
    private readonly LayerSlot? _flat;
    private readonly LayerSlot? _z;
    private readonly LayerSlot? _b;
    private readonly LayerSlot? _a;
    private readonly LayerSlot _out;
    private readonly ConvolutionTail _convolution;
    private readonly Parameter _timeBias;
    private readonly Parameter _logDecay;
    private readonly Norm _norm;
    private readonly int _keyHeads;
    private readonly int _valueHeads;
    private readonly int _keyWidth;
    private readonly int _valueWidth;

    public GatedDelta(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("mixer.path"));
        int hidden = settings.Size("dims.H", layer);
        _keyHeads = settings.Size("mixer.nk", layer);
        _valueHeads = settings.Size("mixer.nv", layer);
        _keyWidth = settings.Size("mixer.dk", layer);
        _valueWidth = settings.Size("mixer.dv", layer);
        if (_valueHeads % _keyHeads != 0)
        {
            throw new ModelException(ModelError.FieldInvalid, "mixer.nv", $"{_valueHeads} value heads cannot share {_keyHeads} key heads");
        }

        int keys = _keyHeads * _keyWidth, values = _valueHeads * _valueWidth;
        if (settings.Word("mixer.proj") == "grouped")
        {
            _grouped = parts.Linear(path + ".in_proj_qkvz", (2 * keys) + (2 * values), hidden, false);
            _groupedGates = parts.Linear(path + ".in_proj_ba", 2 * _valueHeads, hidden, false);
        }
        else
        {
            _flat = parts.Linear(path + ".in_proj_qkv", (2 * keys) + values, hidden, false);
            _z = parts.Linear(path + ".in_proj_z", values, hidden, false);
            _b = parts.Linear(path + ".in_proj_b", _valueHeads, hidden, false);
            _a = parts.Linear(path + ".in_proj_a", _valueHeads, hidden, false);
        }

        _out = parts.Linear(path + ".out_proj", hidden, values, false);
        _convolution = new ConvolutionTail(
            _backend, parts.Parameter(path + ".conv1d.weight", (2 * keys) + values, settings.Size("mixer.kernel", layer), 1), null);
        _timeBias = parts.Parameter(path + ".dt_bias", _valueHeads);
        _logDecay = parts.Parameter(path + ".A_log", _valueHeads);
        _norm = parts.Norm(path + ".norm", _valueWidth, settings.Number("mixer.norm_eps", layer), "rms");
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        (BackendArray mixed, BackendArray z, BackendArray b, BackendArray a) = _grouped is null
            ? (_flat!.Forward(x), _z!.Forward(x), _b!.Forward(x), _a!.Forward(x))
            : Ungroup(_grouped.Forward(x), _groupedGates!.Forward(x));
        mixed = _backend.Apply(UnaryOperation.Silu, _convolution.Forward(mixed, state));
        int keys = _keyHeads * _keyWidth, values = _valueHeads * _valueWidth;
        BackendArray q = Keys(_backend.Slice(mixed, -1, 0, keys), 1f / _keyWidth);
        BackendArray k = Keys(_backend.Slice(mixed, -1, keys, keys), 1 / MathF.Sqrt(_keyWidth));
        BackendArray v = Heads.Split(_backend, _backend.Slice(mixed, -1, 2 * keys, values), _valueHeads);
        BackendArray beta = Heads.Split(_backend, _backend.Apply(UnaryOperation.Sigmoid, b), _valueHeads);
        BackendArray decay = Heads.Split(_backend, Decay(_backend, a, _timeBias.Value, _logDecay.Value), _valueHeads);
        (BackendArray output, BackendArray after) = DeltaRule.Run(_backend, q, k, v, decay, beta, state["state"]);
        state["state"] = after;
        BackendArray gate = _backend.Apply(UnaryOperation.Silu, _backend.Widen(Heads.Split(_backend, z, _valueHeads)));
        BackendArray gated = _backend.Multiply(gate, _backend.Widen(_norm.Forward(output)));
        return _out.Forward(_backend.CastLike(Heads.Merge(_backend, gated), x));
    }

    /// <summary>exp(-exp(A_log) softplus(a + dt_bias)).</summary>
    public static BackendArray Decay(ITensorBackend backend, BackendArray a, BackendArray timeBias, BackendArray logDecay)
    {
        BackendArray time = backend.Widen(backend.Apply(UnaryOperation.Softplus, backend.Add(a, timeBias)));
        BackendArray rate = backend.Apply(UnaryOperation.Negate, backend.Apply(UnaryOperation.Exp, backend.Widen(logDecay)));
        return backend.Apply(UnaryOperation.Exp, backend.Multiply(rate, time));
    }

    private BackendArray Keys(BackendArray x, float scale)
    {
        BackendArray heads = Heads.Split(_backend, x, _keyHeads);
        return _backend.Repeat(_backend.Affine(_backend.RmsNorm(heads, null, NormEpsilon), scale, 0), 1, _valueHeads / _keyHeads);
    }

    // Rows of a key head: its q, its k, then v and z of the value heads that use it; and b and a likewise.
    private (BackendArray Mixed, BackendArray Z, BackendArray B, BackendArray A) Ungroup(BackendArray all, BackendArray gates)
    {
        int batch = all[0], length = all[1], each = _valueHeads / _keyHeads, values = each * _valueWidth;
        BackendArray groups = _backend.Reshape(all, batch, length, _keyHeads, -1);
        BackendArray Part(BackendArray source, int start, int count) =>
            _backend.Reshape(_backend.Slice(source, -1, start, count), batch, length, _keyHeads * count);
        BackendArray mixed = _backend.Concat(
            -1, Part(groups, 0, _keyWidth), Part(groups, _keyWidth, _keyWidth), Part(groups, 2 * _keyWidth, values));
        BackendArray gateGroups = _backend.Reshape(gates, batch, length, _keyHeads, 2 * each);
        return (mixed, Part(groups, (2 * _keyWidth) + values, values), Part(gateGroups, 0, each), Part(gateGroups, each, each));
    }
}
