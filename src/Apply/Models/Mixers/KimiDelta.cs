using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>The delta net of Kimi Linear: a convolution for each of q, k and v, and a decay for each element of a key (mlx-models.md 7).</summary>
internal sealed class KimiDelta : IMixer
{
    private const float NormEpsilon = 1e-6f;

    private readonly ITensorBackend _backend;
    private readonly (LayerSlot Projection, ConvolutionTail Convolution)[] _inputs;
    private readonly LayerSlot _decayDown;
    private readonly LayerSlot _decayUp;
    private readonly LayerSlot _beta;
    private readonly LayerSlot _gateDown;
    private readonly LayerSlot _gateUp;
    private readonly LayerSlot _out;
    private readonly Parameter _logDecay;
    private readonly Parameter _timeBias;
    private readonly Norm _norm;
    private readonly int _heads;
    private readonly int _width;

    public KimiDelta(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("mixer.path"));
        int hidden = settings.Size("dims.H", layer), kernel = settings.Size("mixer.kernel", layer);
        _heads = settings.Size("mixer.nh", layer);
        _width = settings.Size("mixer.dk", layer);
        int inner = _heads * _width;
        LayerSlot Linear(string name, int outputs, int inputs) => parts.Linear($"{path}.{name}", outputs, inputs, false);
        (LayerSlot, ConvolutionTail) Input(string name) => (
            Linear(name + "_proj", inner, hidden),
            new ConvolutionTail(_backend, parts.Parameter($"{path}.{name}_conv.conv.weight", inner, kernel, 1), null, name));
        _inputs = [Input("q"), Input("k"), Input("v")];
        _decayDown = Linear("f_a_proj", _width, hidden);
        _decayUp = Linear("f_b_proj", inner, _width);
        _beta = Linear("b_proj", _heads, hidden);
        _gateDown = Linear("g_a_proj", _width, hidden);
        _gateUp = Linear("g_b_proj", inner, _width);
        _out = Linear("o_proj", hidden, inner);
        _logDecay = parts.Flat(path + ".A_log", _heads);
        _timeBias = parts.Flat(path + ".dt_bias", inner);
        _norm = parts.Norm(path + ".o_norm", _width, settings.Number("mixer.eps", layer), "rms");
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        BackendArray[] mixed =
            [.. _inputs.Select(input => Split(_backend.Apply(UnaryOperation.Silu, input.Convolution.Forward(input.Projection.Forward(x), state))))];
        BackendArray q = _backend.Affine(_backend.RmsNorm(mixed[0], null, NormEpsilon), 1f / _width, 0);
        BackendArray k = _backend.Affine(_backend.RmsNorm(mixed[1], null, NormEpsilon), 1 / MathF.Sqrt(_width), 0);
        BackendArray decay = GatedDelta.Decay(
            _backend, Split(_decayUp.Forward(_decayDown.Forward(x))), _backend.Reshape(_timeBias.Value, _heads, 1, _width),
            _backend.Reshape(_logDecay.Value, _heads, 1, 1));
        BackendArray beta = Split(_backend.Apply(UnaryOperation.Sigmoid, _beta.Forward(x)));
        (BackendArray output, BackendArray after) = DeltaRule.Run(_backend, q, k, mixed[2], decay, beta, state["state"]);
        state["state"] = after;
        BackendArray gate = _backend.Apply(UnaryOperation.Sigmoid, Split(_gateUp.Forward(_gateDown.Forward(x))));
        return _out.Forward(Heads.Merge(_backend, _backend.Multiply(_norm.Forward(output), gate)));
    }

    private BackendArray Split(BackendArray x) => Heads.Split(_backend, x, _heads);
}
