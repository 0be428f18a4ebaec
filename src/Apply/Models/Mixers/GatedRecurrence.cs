using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>The gated linear recurrence of RecurrentGemma, RG-LRU (mlx-lm 0.32.0, <c>recurrent_gemma.py</c>).</summary>
internal sealed class GatedRecurrence : IMixer
{
    // mlx-lm ignores the config's width.
    private const int Kernel = 4;

    private readonly ITensorBackend _backend;
    private readonly LayerSlot _side;
    private readonly LayerSlot _in;
    private readonly LayerSlot _out;
    private readonly ConvolutionTail _convolution;
    private readonly Parameter _rate;
    private readonly (Parameter Weight, Parameter Bias) _inputGate;
    private readonly (Parameter Weight, Parameter Bias) _recurrenceGate;
    private readonly int _heads;
    private readonly int _hidden;

    public GatedRecurrence(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("mixer.path"));
        _hidden = settings.Size("dims.H", layer);
        _heads = settings.Size("dims.nh", layer);
        int width = _hidden / _heads;
        if (width * _heads != _hidden)
        {
            throw new ModelException(ModelError.FieldInvalid, "num_attention_heads", $"is {_heads}, which does not divide {_hidden}");
        }

        LayerSlot Linear(string name) => parts.Linear($"{path}.{name}", _hidden, _hidden, true);
        _side = Linear("linear_y");
        _in = Linear("linear_x");
        _out = Linear("linear_out");
        _convolution = new ConvolutionTail(
            _backend, parts.Parameter(path + ".conv_1d.weight", _hidden, Kernel, 1), parts.Parameter(path + ".conv_1d.bias", _hidden));
        _rate = parts.Parameter(path + ".rg_lru.recurrent_param", _hidden);
        (Parameter, Parameter) Gate(string name) =>
            (parts.Parameter($"{path}.rg_lru.{name}_gate_weight", _heads, width, width), parts.Parameter($"{path}.rg_lru.{name}_gate_bias", _heads, width));
        _inputGate = Gate("input");
        _recurrenceGate = Gate("recurrent");
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        BackendArray side = _backend.Apply(UnaryOperation.GeluTanh, _side.Forward(x));
        BackendArray u = _convolution.Forward(_in.Forward(x), state);
        BackendArray rate = _backend.Apply(UnaryOperation.Softplus, _rate.Value);
        BackendArray log = _backend.Affine(_backend.Multiply(Gate(u, _recurrenceGate), rate), -8, 0);
        BackendArray entering = _backend.Multiply(u, Gate(u, _inputGate));

        // 1 - exp(2 log) as mlx-lm has it, exp rounded to float32: where a gate is all but shut that is 0, and not the tiny number that expm1 alone
        // would give, whose root is no longer tiny. Here exp is 1 + expm1, which is rounded to nearest near 1 and never above it.
        BackendArray square = _backend.Affine(_backend.Apply(UnaryOperation.Expm1, _backend.Affine(log, 2, 0)), 1, 1);
        BackendArray factor = _backend.Apply(UnaryOperation.Sqrt, _backend.Affine(square, -1, 1));
        int batch = x[0], length = x[1];
        BackendArray? h = state["state"];
        if (h is null)
        {
            // Nothing was remembered that the first token would have to make room for.
            BackendArray one = _backend.FromSingles([.. Enumerable.Repeat(1f, batch * _hidden)], batch, 1, _hidden);
            factor = length == 1 ? one : _backend.Concat(1, one, _backend.Slice(factor, 1, 1, length - 1));
        }

        entering = _backend.Multiply(entering, factor);
        BackendArray kept = _backend.Apply(UnaryOperation.Exp, log);
        var outputs = new BackendArray[length];
        for (int t = 0; t < length; t++)
        {
            BackendArray now = _backend.Slice(entering, 1, t, 1);
            outputs[t] = h = h is null ? now : _backend.Add(_backend.Multiply(_backend.Slice(kept, 1, t, 1), h), now);
        }

        state["state"] = h;
        return _out.Forward(_backend.Multiply(_backend.Concat(1, outputs), side));
    }

    private BackendArray Gate(BackendArray u, (Parameter Weight, Parameter Bias) gate)
    {
        BackendArray product = _backend.MatMul(Heads.Split(_backend, u, _heads), gate.Weight.Value);
        BackendArray bias = _backend.Reshape(gate.Bias.Value, _heads, 1, _hidden / _heads);
        return _backend.Apply(UnaryOperation.Sigmoid, Heads.Merge(_backend, _backend.Add(product, bias)));
    }
}
