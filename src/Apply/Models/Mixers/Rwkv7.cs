using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>The time mixing of RWKV 7 (mlx-models.md 7).</summary>
internal sealed class Rwkv7 : IMixer
{
    private const string FirstValues = "values of the first layer";
    private const float NormEpsilon = 64e-5f, SmallestNorm = 1e-7f, Decay = 0.606531f;

    private readonly ITensorBackend _backend;
    private readonly Dictionary<char, Parameter> _mix;
    private readonly Dictionary<char, (LayerSlot First, LayerSlot Second)> _small;
    private readonly LayerSlot _receptance;
    private readonly LayerSlot _key;
    private readonly LayerSlot _value;
    private readonly LayerSlot _out;
    private readonly Parameter _keyDirection;
    private readonly Parameter _keyRate;
    private readonly Parameter _bonus;
    private readonly Parameter _normWeight;
    private readonly Parameter _normBias;
    private readonly TokenShift _shift;
    private readonly int _heads;
    private readonly int _width;

    public Rwkv7(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("mixer.path"));
        int hidden = settings.Size("dims.H", layer);
        _heads = settings.Size("dims.nh", layer);
        _width = settings.Size("dims.hd", layer);
        if (_heads * _width != hidden)
        {
            throw new ModelException(ModelError.FieldInvalid, "head_dim", $"is {_width}, which does not divide {hidden}");
        }

        _mix = "rwkvag".ToDictionary(name => name, name => parts.Flat($"{path}.x_{name}", hidden));
        (LayerSlot, LayerSlot) Small(char name, string rank)
        {
            int size = settings.FieldSize(rank);
            return (parts.Linear($"{path}.{name}_lora.lora.0", size, hidden, false), parts.Linear($"{path}.{name}_lora.lora.2", hidden, size, name != 'g'));
        }

        _small = new()
        {
            ['w'] = Small('w', "decay_low_rank_dim"),
            ['a'] = Small('a', "a_low_rank_dim"),
            ['g'] = Small('g', "gate_low_rank_dim"),
        };
        if (layer > 0)
        {
            _small['v'] = Small('v', "v_low_rank_dim");
        }

        LayerSlot Linear(string name) => parts.Linear($"{path}.{name}", hidden, hidden, false);
        _receptance = Linear("r_proj");
        _key = Linear("k_proj");
        _value = Linear("v_proj");
        _out = Linear("o_proj");
        _keyDirection = parts.Flat(path + ".k_k", hidden);
        _keyRate = parts.Flat(path + ".k_a", hidden);
        _bonus = parts.Flat(path + ".r_k", hidden);
        _normWeight = parts.Flat(path + ".g_norm.weight", hidden);
        _normBias = parts.Flat(path + ".g_norm.bias", hidden);
        _shift = new TokenShift(_backend, "time shift");
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        BackendArray change = _shift.Change(x, state);
        BackendArray Mixed(char name) => _backend.Add(x, _backend.Multiply(change, _mix[name].Value));
        BackendArray ofValues = Mixed('v');
        BackendArray r = Split(_receptance.Forward(Mixed('r'))), key = Split(_key.Forward(Mixed('k'))), v = Split(_value.Forward(ofValues));
        BackendArray rate = Split(_backend.Apply(UnaryOperation.Sigmoid, Small('a', Mixed('a'), null)));
        BackendArray gate = Small('g', Mixed('g'), UnaryOperation.Sigmoid);
        if (_small.ContainsKey('v'))
        {
            BackendArray share = Split(_backend.Apply(UnaryOperation.Sigmoid, Small('v', ofValues, null)));
            v = _backend.Add(v, _backend.Multiply(_backend.Subtract((BackendArray)step.Shared[FirstValues], v), share));
        }
        else
        {
            step.Shared[FirstValues] = v;
        }

        BackendArray fading = _backend.Widen(_backend.Apply(UnaryOperation.Sigmoid, Small('w', Mixed('w'), UnaryOperation.Tanh)));
        BackendArray decay = Split(_backend.CastLike(_backend.Apply(UnaryOperation.Exp, _backend.Affine(fading, -Decay, 0)), x));
        BackendArray direction = _backend.Multiply(key, PerHead(_keyDirection));
        BackendArray norm = _backend.Apply(UnaryOperation.Sqrt, _backend.Sum(_backend.Apply(UnaryOperation.Square, direction), -1));
        direction = _backend.Divide(direction, _backend.Clip(norm, SmallestNorm, float.PositiveInfinity));
        key = _backend.Multiply(key, _backend.Affine(_backend.Multiply(_backend.Affine(rate, 1, -1), PerHead(_keyRate)), 1, 1));

        BackendArray o = Recur(r, decay, key, v, _backend.Apply(UnaryOperation.Negate, direction), _backend.Multiply(direction, rate), state);
        o = _backend.Add(_backend.Multiply(_backend.LayerNorm(o, null, null, NormEpsilon), PerHead(_normWeight)), PerHead(_normBias));
        BackendArray bonus = _backend.Sum(_backend.Multiply(_backend.Multiply(r, key), PerHead(_bonus)), -1);
        o = _backend.Add(o, _backend.Multiply(bonus, v));
        return _out.Forward(_backend.Multiply(Heads.Merge(_backend, o), gate));
    }

    // S = S w + v k^T + (S a) b^T; o = S r, token by token, S (b, nh, dv, dk).
    private BackendArray Recur(BackendArray r, BackendArray w, BackendArray k, BackendArray v, BackendArray a, BackendArray b, LayerState state)
    {
        int batch = r[0], length = r[2];
        BackendArray s = state["state"] ?? _backend.FromSingles(new float[batch * _heads * _width * _width], batch, _heads, _width, _width);
        var outputs = new BackendArray[length];
        for (int t = 0; t < length; t++)
        {
            int at = t;
            BackendArray Row(BackendArray all) => _backend.Slice(all, 2, at, 1);
            BackendArray Column(BackendArray all) => _backend.Reshape(Row(all), batch, _heads, _width, 1);
            BackendArray seen = _backend.MatMul(s, Column(a));
            s = _backend.Add(_backend.Add(_backend.Multiply(s, Row(w)), _backend.MatMul(Column(v), Row(k))), _backend.MatMul(seen, Row(b)));
            outputs[t] = _backend.Reshape(_backend.MatMul(s, Column(r)), batch, _heads, 1, _width);
        }

        state["state"] = s;
        return _backend.Concat(2, outputs);
    }

    private BackendArray Small(char name, BackendArray x, UnaryOperation? activation)
    {
        BackendArray inner = _small[name].First.Forward(x);
        return _small[name].Second.Forward(activation is { } function ? _backend.Apply(function, inner) : inner);
    }

    private BackendArray Split(BackendArray x) => Heads.Split(_backend, x, _heads);

    private BackendArray PerHead(Parameter parameter) => _backend.Reshape(parameter.Value, _heads, 1, _width);
}
