using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;

namespace Transfuse.Apply.Models.Parts;

/// <summary>
/// Several streams of which a layer computes one: all are predicted from all, and corrected by what came out (Gemma 3n, mlx-models.md 8). The matrices of
/// coefficients are no layers that an adapter could take the place of: mlx-lm reads their weights itself.
/// </summary>
internal sealed class AltUp
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot _router;
    private readonly Norm _norm;
    private readonly Parameter _prediction;
    private readonly Parameter _correction;
    private readonly Parameter _scale;
    private readonly bool _scales;
    private readonly float _clip;
    private readonly int _hidden;

    public AltUp(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        _hidden = settings.Size("dims.H", layer);
        Streams = settings.FieldSize("altup_num_inputs");
        Active = settings.Field("altup_active_idx") is long active && active >= 0 && active < Streams
            ? (int)active
            : throw new ModelException(ModelError.FieldInvalid, "altup_active_idx", $"is none of {Streams} streams");
        _clip = settings.Field("altup_coef_clip") is null ? float.PositiveInfinity : settings.FieldNumber("altup_coef_clip");
        _router = parts.Linear(path + ".modality_router", Streams, _hidden, false);
        _norm = parts.Norm(path + ".router_norm", _hidden, settings.Number("norm.eps", layer));
        _prediction = parts.Parameter(path + ".prediction_coefs.weight", Streams * Streams, Streams);
        _correction = parts.Parameter(path + ".correction_coefs.weight", Streams, Streams);
        _scale = parts.Parameter(path + ".correct_output_scale", _hidden);
        _scales = settings.Field("altup_correct_scale") is true;
    }

    /// <summary>How many streams there are.</summary>
    public int Streams { get; }

    /// <summary>The one that is computed.</summary>
    public int Active { get; }

    /// <summary>x_k + sum over j of C[k, j] x_j for streams (n, b, L, H).</summary>
    public BackendArray Predict(BackendArray x)
    {
        BackendArray coefficients = Coefficients(_prediction, Stream(x, Active));
        int batch = x[1], length = x[2];
        BackendArray matrix = _backend.Reshape(coefficients, batch, length, Streams, Streams);
        BackendArray byToken = _backend.Permute(_backend.Widen(x), 1, 2, 0, 3);
        return _backend.CastLike(_backend.Permute(_backend.Add(byToken, _backend.MatMul(matrix, byToken)), 2, 0, 1, 3), x);
    }

    /// <summary>What was predicted, and the share of each stream in how far the computed one was off.</summary>
    public BackendArray Correct(BackendArray predicted, BackendArray computed)
    {
        BackendArray shares = _backend.Affine(Coefficients(_correction, computed), 1, 1);
        BackendArray off = _backend.Widen(_backend.Subtract(computed, Stream(predicted, Active)));
        return _backend.Concat(0, [.. Enumerable.Range(0, Streams).Select(stream =>
            AsStream(_backend.CastLike(Corrected(stream), computed)))]);

        BackendArray Corrected(int stream) =>
            _backend.Add(_backend.Multiply(off, _backend.Slice(shares, -1, stream, 1)), _backend.Widen(Stream(predicted, stream)));
    }

    /// <summary>The corrected stream as the layer's own input is added to it.</summary>
    public BackendArray Scaled(BackendArray stream) => _scales ? _backend.Multiply(stream, _scale.Value) : stream;

    /// <summary>One of the streams, (b, L, H).</summary>
    public BackendArray Stream(BackendArray x, int index) => _backend.Reshape(_backend.Slice(x, 0, index, 1), x[1], x[2], x[3]);

    /// <summary>(b, L, H) as (1, b, L, H).</summary>
    public BackendArray AsStream(BackendArray x) => _backend.Reshape(x, 1, x[0], x[1], x[2]);

    private BackendArray Coefficients(Parameter weight, BackendArray stream)
    {
        BackendArray routed = _backend.Apply(
            UnaryOperation.Tanh, _backend.Widen(_router.Forward(_backend.Affine(_norm.Forward(stream), 1f / _hidden, 0))));
        return _backend.MatMul(routed, _backend.Permute(_backend.Clip(_backend.Widen(weight.Value), -_clip, _clip), 1, 0));
    }
}
