using System.Collections.Immutable;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Expressions;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>Mamba 2, with the norms of the types that have it (mlx-models.md 7).</summary>
internal sealed class Mamba2 : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot _in;
    private readonly LayerSlot _out;
    private readonly ConvolutionTail _convolution;
    private readonly Parameter _timeBias;
    private readonly Parameter _logDecay;
    private readonly Parameter _skip;
    private readonly Parameter? _normWeight;
    private readonly string _norm;
    private readonly bool _normsFirst;
    private readonly float _epsilon;
    private readonly float _lowest;
    private readonly float _highest;
    private readonly int _heads;
    private readonly int _width;
    private readonly int _groups;
    private readonly int _state;

    public Mamba2(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("mixer.path"));
        int hidden = settings.Size("dims.H", layer);
        _heads = settings.Size("mixer.nh", layer);
        _width = settings.Size("mixer.dh", layer);
        _groups = settings.Size("mixer.n_groups", layer);
        _state = settings.Size("mixer.d_state", layer);
        int inner = _heads * _width, convolved = inner + (2 * _groups * _state);
        if (_heads % _groups != 0)
        {
            throw new ModelException(ModelError.FieldInvalid, "mixer.n_groups", $"{_heads} heads do not divide into {_groups} groups");
        }

        _in = parts.Linear(path + ".in_proj", inner + convolved + _heads, hidden, settings.Is("mixer.bias_in", layer, false));
        _out = parts.Linear(path + ".out_proj", hidden, inner, settings.Is("mixer.bias_out", layer, false));
        _convolution = new ConvolutionTail(
            _backend,
            parts.Parameter(path + ".conv1d.weight", convolved, settings.Size("mixer.kernel", layer), 1),
            settings.Is("mixer.bias_conv", layer, false) ? parts.Parameter(path + ".conv1d.bias", convolved) : null);
        _timeBias = parts.Parameter(path + ".dt_bias", _heads);
        _logDecay = parts.Parameter(path + ".A_log", _heads);
        _skip = parts.Parameter(path + ".D", _heads);
        _norm = settings.Word("mixer.norm")!;
        _normsFirst = settings.Is("mixer.norm_first", layer, false);
        _epsilon = settings.Number("mixer.norm_eps", layer);
        if (_norm == "gated_or_not")
        {
            _norm = settings.Is("mixer.norm_when", layer, true) ? "gated" : "none";
        }

        _normWeight = _norm == "none" ? null : parts.Parameter(path + ".norm.weight", inner);
        (_lowest, _highest) = Limits(settings, layer);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        int inner = _heads * _width, groups = _groups * _state, convolved = inner + (2 * groups);
        BackendArray all = _in.Forward(x);
        BackendArray gate = _backend.Slice(all, -1, 0, inner);
        BackendArray mixed = _backend.Apply(UnaryOperation.Silu, _convolution.Forward(_backend.Slice(all, -1, inner, convolved), state));
        BackendArray time = _backend.Widen(_backend.Slice(all, -1, inner + convolved, _heads));
        time = _backend.Apply(UnaryOperation.Softplus, _backend.Add(time, _backend.Widen(_timeBias.Value)));
        time = _backend.Clip(time, _lowest, _highest);
        BackendArray Groups(int start) => _backend.Repeat(Heads.Split(_backend, _backend.Slice(mixed, -1, start, groups), _groups), 1, _heads / _groups);
        (BackendArray y, BackendArray after) = StateSpace.Run(
            _backend, Heads.Split(_backend, _backend.Slice(mixed, -1, 0, inner), _heads), Heads.Split(_backend, time, _heads), Groups(inner),
            Groups(inner + groups),
            _logDecay.Value, _skip.Value, state["state"]);
        state["state"] = after;
        return _out.Forward(Normalize(Heads.Merge(_backend, y), gate));
    }

    private BackendArray Normalize(BackendArray y, BackendArray gate)
    {
        BackendArray gated = _backend.Apply(UnaryOperation.Silu, gate);
        if (_normsFirst && _norm == "gated")
        {
            return _backend.Multiply(_backend.RmsNorm(y, _normWeight!.Value, _epsilon), gated);
        }

        y = _backend.Multiply(y, gated);
        switch (_norm)
        {
            case "none":
                return y;
            case "gated_groups":
                BackendArray groups = _backend.Reshape(y, y[0], y[1], _groups, y[2] / _groups);
                return _backend.Multiply(_backend.Reshape(_backend.RmsNorm(groups, null, _epsilon), y.Shape), _normWeight!.Value);
            default:
                return _backend.RmsNorm(y, _normWeight!.Value, _epsilon);
        }
    }

    /// <summary>The smallest and the largest time step.</summary>
    public static (float Lowest, float Highest) Limits(ModelSettings settings, int layer) =>
        settings.Has("mixer.limits") && settings.Evaluate("mixer.limits", layer) is ImmutableArray<object?> { Length: 2 } limits
            ? ((float)PythonValue.Number(limits[0]), (float)PythonValue.Number(limits[1]))
            : (0, float.PositiveInfinity);
}
