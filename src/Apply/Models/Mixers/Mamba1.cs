using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>Mamba: a state for each channel (mlx-models.md 7).</summary>
internal sealed class Mamba1 : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot _in;
    private readonly LayerSlot _x;
    private readonly LayerSlot _time;
    private readonly LayerSlot _out;
    private readonly ConvolutionTail _convolution;
    private readonly Parameter _logDecay;
    private readonly Parameter _skip;
    private readonly Norm? _timeNorm;
    private readonly Norm? _inputNorm;
    private readonly Norm? _outputNorm;
    private readonly int _inner;
    private readonly int _rank;
    private readonly int _state;

    public Mamba1(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("mixer.path"));
        int hidden = settings.Size("dims.H", layer);
        _inner = settings.Size("mixer.inner", layer);
        _rank = settings.Size("mixer.dt_rank", layer);
        _state = settings.Size("mixer.d_state", layer);
        _in = parts.Linear(path + ".in_proj", 2 * _inner, hidden, settings.Is("mixer.bias_in", layer, false));
        _x = parts.Linear(path + ".x_proj", _rank + (2 * _state), _inner, false);
        _time = parts.Linear(path + ".dt_proj", _inner, _rank, true);
        _out = parts.Linear(path + ".out_proj", hidden, _inner, settings.Is("mixer.bias_out", layer, false));
        _convolution = new ConvolutionTail(
            _backend,
            parts.Parameter(path + ".conv1d.weight", _inner, settings.Size("mixer.kernel", layer), 1),
            settings.Is("mixer.bias_conv", layer, false) ? parts.Parameter(path + ".conv1d.bias", _inner) : null);
        _logDecay = parts.Parameter(path + ".A_log", _inner, _state);
        _skip = parts.Parameter(path + ".D", _inner);
        if (settings.Has("mixer.bcdt_norm") && settings.Is("mixer.bcdt_when", layer, true))
        {
            float epsilon = settings.Number("mixer.bcdt_eps", layer);
            string kind = settings.Word("mixer.bcdt_norm") == "weighted" ? "rms" : "rms_noweight";
            _timeNorm = parts.Norm(path + ".dt_layernorm", _rank, epsilon, kind);
            _inputNorm = parts.Norm(path + ".b_layernorm", _state, epsilon, kind);
            _outputNorm = parts.Norm(path + ".c_layernorm", _state, epsilon, kind);
        }
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        BackendArray both = _in.Forward(x), gate = _backend.Slice(both, -1, _inner, _inner);
        BackendArray u = _backend.Apply(UnaryOperation.Silu, _convolution.Forward(_backend.Slice(both, -1, 0, _inner), state));
        BackendArray small = _x.Forward(u);
        BackendArray Part(int start, int count, Norm? norm) =>
            _backend.Slice(small, -1, start, count) is var part && norm is not null ? norm.Forward(part) : _backend.Slice(small, -1, start, count);
        BackendArray time = _backend.Apply(UnaryOperation.Softplus, _time.Forward(Part(0, _rank, _timeNorm)));
        BackendArray input = Part(_rank, _state, _inputNorm), output = Part(_rank + _state, _state, _outputNorm);
        BackendArray rate = _backend.Apply(UnaryOperation.Negate, _backend.Apply(UnaryOperation.Exp, _logDecay.Value));
        int batch = x[0], length = x[1];
        BackendArray s = state["state"] ?? _backend.FromSingles(new float[batch * _inner * _state], batch, _inner, _state);
        var outputs = new BackendArray[length];
        for (int t = 0; t < length; t++)
        {
            BackendArray now = _backend.Reshape(_backend.Slice(time, 1, t, 1), batch, _inner, 1);
            BackendArray entering = _backend.Multiply(now, _backend.Reshape(_backend.Slice(u, 1, t, 1), batch, _inner, 1));
            s = _backend.Add(
                _backend.Multiply(s, _backend.Apply(UnaryOperation.Exp, _backend.Multiply(now, rate))),
                _backend.Multiply(entering, _backend.Slice(input, 1, t, 1)));
            outputs[t] = _backend.Reshape(_backend.MatMul(s, _backend.Reshape(_backend.Slice(output, 1, t, 1), batch, _state, 1)), batch, 1, _inner);
        }

        state["state"] = s;
        BackendArray y = _backend.Add(_backend.Concat(1, outputs), _backend.Multiply(u, _skip.Value));
        return _out.Forward(_backend.Multiply(_backend.Apply(UnaryOperation.Silu, gate), y));
    }
}
