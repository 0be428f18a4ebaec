using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>The state space of PLaMo 2: the recurrence of Mamba 2 with one group, and norms on B, C and dt (mlx-models.md 7).</summary>
internal sealed class NormedMamba : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot _in;
    private readonly LayerSlot _small;
    private readonly LayerSlot _time;
    private readonly LayerSlot _out;
    private readonly ConvolutionTail _convolution;
    private readonly Parameter _timeBias;
    private readonly Parameter _logDecay;
    private readonly Parameter _skip;
    private readonly Parameter _timeNorm;
    private readonly Parameter _inputNorm;
    private readonly Parameter _outputNorm;
    private readonly (float Lowest, float Highest) _limits;
    private readonly float _epsilon;
    private readonly int _heads;
    private readonly int _width;
    private readonly int _state;
    private readonly int _rank;

    public NormedMamba(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("mixer.path"));
        int hidden = settings.Size("dims.H", layer);
        _heads = settings.Size("mixer.nh", layer);
        _width = settings.Size("mixer.dh", layer);
        _state = settings.Size("mixer.d_state", layer);
        _rank = settings.Size("mixer.dt_rank", layer);
        _epsilon = settings.Number("mixer.eps", layer);
        int inner = _heads * _width;
        LayerSlot Linear(string name, int outputs, int inputs) => parts.Linear($"{path}.{name}", outputs, inputs, false);
        _in = Linear("in_proj", 2 * inner, hidden);
        _small = Linear("bcdt_proj", _rank + (2 * _state), inner);
        _time = Linear("dt_proj", _heads, _rank);
        _out = Linear("out_proj", hidden, inner);
        _convolution = new ConvolutionTail(_backend, parts.Parameter(path + ".conv1d.weight", inner, settings.Size("mixer.kernel", layer), 1), null);
        _timeBias = parts.Parameter(path + ".dt_bias", _heads);
        _logDecay = parts.Parameter(path + ".A_log", _heads);
        _skip = parts.Parameter(path + ".D", _heads);
        _timeNorm = parts.Parameter(path + ".dt_norm_weight", _rank);
        _inputNorm = parts.Parameter(path + ".B_norm_weight", _state);
        _outputNorm = parts.Parameter(path + ".C_norm_weight", _state);
        _limits = Mamba2.Limits(settings, layer);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        int batch = x[0], length = x[1], inner = _heads * _width;

        // Rows of a head: its gate, then its input.
        BackendArray both = _backend.Reshape(_in.Forward(x), batch, length, _heads, 2 * _width);
        BackendArray Half(int start) => _backend.Reshape(_backend.Slice(both, -1, start, _width), batch, length, inner);
        BackendArray u = _backend.Apply(UnaryOperation.Silu, _convolution.Forward(Half(_width), state));
        BackendArray small = _small.Forward(u);
        BackendArray Part(int start, int count, Parameter norm) => _backend.RmsNorm(_backend.Slice(small, -1, start, count), norm.Value, _epsilon);
        BackendArray PerHead(int start, Parameter norm) => _backend.Repeat(Heads.Split(_backend, Part(start, _state, norm), 1), 1, _heads);
        BackendArray time = _backend.Apply(UnaryOperation.Softplus, _backend.Add(_time.Forward(Part(2 * _state, _rank, _timeNorm)), _timeBias.Value));
        time = Heads.Split(_backend, _backend.Clip(time, _limits.Lowest, _limits.Highest), _heads);
        (BackendArray y, BackendArray after) = StateSpace.Run(
            _backend, Heads.Split(_backend, u, _heads), time, PerHead(0, _inputNorm), PerHead(_state, _outputNorm), _logDecay.Value, _skip.Value,
            state["state"]);
        state["state"] = after;
        return _out.Forward(_backend.Multiply(_backend.Apply(UnaryOperation.Silu, Half(0)), Heads.Merge(_backend, y)));
    }
}
