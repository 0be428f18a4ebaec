using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>Attention whose query heads share key heads in groups, with the variants of mlx-models.md 5.</summary>
internal sealed class GroupedAttention : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly Projection _projection;
    private readonly LayerSlot _output;
    private readonly int _heads;
    private readonly int _groups;
    private readonly float _scale;
    private readonly float _softcap;
    private readonly int _window;
    private readonly bool _chunked;
    private readonly bool _modulo;
    private readonly string _computes;
    private readonly bool _normsAfterRotation;
    private readonly HeadNorm? _queryNorm;
    private readonly HeadNorm? _keyNorm;
    private readonly HeadNorm? _valueNorm;
    private readonly RotaryEmbedding? _rope;
    private readonly Parameter? _sinks;
    private readonly OutputGate? _gate;
    private readonly Norm? _subNorm;
    private readonly QueryTemperature? _temperature;
    private readonly FakeQuantization? _fakeQuantization;
    private readonly KeyConvolution? _convolution;
    private readonly SharedKeys? _sharing;

    public GroupedAttention(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("attn.path"));
        int hidden = settings.Size("dims.H", layer), width = settings.Size("dims.hd", layer);
        _heads = settings.Size("dims.nh", layer);
        _groups = settings.Size("dims.nkv", layer);
        int valueWidth = settings.Size("dims.hdv", layer, width);
        _sharing = SharedKeys.Create(settings, layer);
        _projection = new Projection(parts, path, layer, _heads, _groups, width, valueWidth, _sharing?.OwnsKeys ?? true);
        _output = parts.Linear(Paths.Join(path, settings.Word("attn.o")), hidden, _heads * valueWidth, settings.Is("attn.bias_o", layer, false));
        _scale = settings.Number("attn.scale", layer);
        _softcap = settings.Number("attn.softcap", layer, 0);
        _window = settings.Has("attn.window") && settings.Is("attn.window.layers", layer, true) ? settings.Size("attn.window.size", layer, 0) : 0;
        _chunked = settings.Word("attn.window.kind") == "chunked";
        _modulo = settings.Word("attn.kv_head_map") == "modulo";
        _computes = settings.Word("attn.compute_dtype") ?? "model";
        if (_computes is not ("model" or "q_f32" or "qk_f32" or "q_f32_if_f16" or "softmax_f32"))
        {
            throw new ModelException(ModelError.SettingNotRun, "attn.compute_dtype", $"is '{_computes}', which is not run");
        }

        _rope = RotaryFactory.Create(parts, layer);
        if (settings.Has("attn.qk_norm") && settings.Is("attn.qk_norm.cond", layer, true))
        {
            string kind = settings.Word("attn.qk_norm.kind")!;
            float epsilon = settings.Number("attn.qk_norm.eps", layer);
            _normsAfterRotation = settings.Word("attn.qk_norm.when") == "after_rope";
            _queryNorm = HeadNorm.Create(parts, kind, Paths.Join(path, settings.Word("attn.qk_norm.q")), _heads, width, epsilon);
            _keyNorm = _sharing?.OwnsNorms == false ? null
                : HeadNorm.Create(parts, kind, Paths.Join(path, settings.Word("attn.qk_norm.k")), _groups, width, epsilon);
        }

        _valueNorm = settings.Word("attn.v_norm") is { } valueNorm
            ? HeadNorm.Create(parts, valueNorm, null, _groups, valueWidth, settings.Number("norm.eps", layer)) : null;
        _sinks = settings.Has("attn.sinks") && settings.Is("attn.sinks.cond", layer, true)
            ? parts.Parameter(Paths.Join(path, settings.Word("attn.sinks.name")), _heads) : null;
        _gate = OutputGate.Create(parts, path, layer, hidden, _heads, valueWidth);
        _subNorm = settings.Word("attn.sub_norm") is { } name
            ? parts.Norm(Paths.Join(path, name), _heads * valueWidth, settings.Number("norm.eps", layer), "rms") : null;
        _temperature = QueryTemperature.Create(settings, layer);
        _fakeQuantization = settings.Has("attn.fake_quant") && _sharing?.OwnsKeys != false ? new FakeQuantization(parts, path) : null;
        _convolution = settings.Has("attn.kv_conv") ? new KeyConvolution(parts, path, _groups) : null;
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        (BackendArray q, BackendArray? k, BackendArray? v, BackendArray? gate) = _projection.Forward(x);
        (k, v) = _sharing?.Raw(step, k, v) ?? (k, v);
        q = Split(q, _heads, _queryNorm);
        q = Position(q, step.Offset + (_sharing?.QueryShift(step) ?? 0), _queryNorm);
        BackendArray keys, values;
        if (_sharing?.Takes(step) == true)
        {
            (keys, values) = _sharing!.Take(step);
        }
        else
        {
            k = Split(k!, _groups, _keyNorm);
            v = Heads.Split(_backend, v!, _groups);
            (k, v) = _convolution?.Forward(k, v, state) ?? (k, v);
            v = _valueNorm?.Forward(v) ?? v;
            k = Position(k, step.Offset, _keyNorm);
            (k, v) = _fakeQuantization?.Forward(k, v) ?? (k, v);
            (keys, values) = KeyValueUpdate.Run(_backend, state, k, v, _window);
            _sharing?.Give(step, keys, values);
        }

        q = _temperature?.Forward(_backend, q, step.Offset) ?? q;
        q = Widens(q) ? _backend.Widen(q) : q;
        BackendArray mixed = _backend.Attention(q, Spread(keys), Spread(values), _scale, step.Mask(keys[2], _window, _chunked), _sinks?.Value, _softcap);
        mixed = Heads.Merge(_backend, _backend.CastLike(mixed, values));
        mixed = _gate?.Forward(mixed, x, gate) ?? mixed;
        return _output.Forward(_subNorm?.Forward(mixed) ?? mixed);
    }

    // One widened side widens the product. Softmax is computed in float32 always.
    private bool Widens(BackendArray q) => _computes is "q_f32" or "qk_f32" || (_computes == "q_f32_if_f16" && _backend.IsFloat16(q));

    private BackendArray Split(BackendArray x, int heads, HeadNorm? norm) =>
        Heads.Split(_backend, norm is { IsWhole: true } ? norm.Forward(x) : x, heads);

    private BackendArray Position(BackendArray x, int offset, HeadNorm? norm)
    {
        HeadNorm? headNorm = norm is { IsWhole: false } ? norm : null;
        x = !_normsAfterRotation && headNorm is not null ? headNorm.Forward(x) : x;
        x = _rope?.Forward(x, offset) ?? x;
        return _normsAfterRotation && headNorm is not null ? headNorm.Forward(x) : x;
    }

    // plamo: query head h uses key head h modulo the number of key heads, so keys are tiled.
    private BackendArray Spread(BackendArray x) => _modulo && _groups < _heads
        ? _backend.Concat(1, [.. Enumerable.Repeat(x, _heads / _groups)])
        : x;
}
