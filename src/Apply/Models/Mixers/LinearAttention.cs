using System.Numerics;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>
/// Attention without a softmax, whose memory fades by a fixed share for each head: S = S exp(g) + k^T v; o = q S / sqrt(d) (bailing_moe_linear, mlx-lm
/// 0.32.0).
/// </summary>
internal sealed class LinearAttention : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot _all;
    private readonly LayerSlot _out;
    private readonly LayerSlot _gate;
    private readonly Parameter _normWeight;
    private readonly HeadNorm? _queryNorm;
    private readonly HeadNorm? _keyNorm;
    private readonly RotaryEmbedding? _rope;
    private readonly float[] _decay;
    private readonly float _epsilon;
    private readonly int _heads;
    private readonly int _width;
    private readonly int _groups;

    public LinearAttention(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("mixer.path"));
        int hidden = settings.Size("dims.H", layer);
        _heads = settings.Size("mixer.nh", layer);
        _width = settings.Size("mixer.hd", layer);
        _groups = settings.Size("mixer.groups", layer);
        _epsilon = settings.Number("mixer.eps", layer);
        int inner = _heads * _width;
        if (_width != settings.Size("dims.hd", layer) || inner % _groups != 0)
        {
            throw new ModelException(
                ModelError.SettingNotRun, "head_dim",
                $"makes heads of {settings.Size("dims.hd", layer)}, layers without softmax have heads of {_width}, {_groups} groups: that is not run");
        }

        _all = parts.Linear(path + ".query_key_value", 3 * inner, hidden, settings.Is("mixer.bias", layer, false));
        _out = parts.Linear(path + ".dense", hidden, inner, settings.Is("mixer.bias_o", layer, false));
        _gate = parts.Linear(path + ".g_proj", inner, hidden, false);
        _normWeight = parts.Parameter(path + ".g_norm.weight", inner);
        if (settings.Is("mixer.qk_norm_when", layer, false))
        {
            _queryNorm = HeadNorm.Create(parts, "rms_head", path + ".query_layernorm", _heads, _width, _epsilon);
            _keyNorm = HeadNorm.Create(parts, "rms_head", path + ".key_layernorm", _heads, _width, _epsilon);
        }

        _rope = RotaryFactory.Create(parts, layer);
        double faded = 1 - (Math.Max(0, layer - 1) / (double)Math.Max(1, settings.Layers - 1)) + 1e-5;
        _decay = [.. Slopes(_heads).Select(slope => MathF.Exp(-(float)slope * (float)faded))];
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        int batch = x[0], length = x[1], inner = _heads * _width;
        BackendArray all = _all.Forward(x);
        BackendArray Part(int index) => Heads.Split(_backend, _backend.Slice(all, -1, index * inner, inner), _heads);
        BackendArray Position(BackendArray part, HeadNorm? norm) =>
            norm?.Forward(part) is { } normed ? _rope?.Forward(normed, step) ?? normed : _rope?.Forward(part, step) ?? part;
        BackendArray q = _backend.Affine(Position(Part(0), _queryNorm), 1 / MathF.Sqrt(_width), 0), k = Position(Part(1), _keyNorm), v = Part(2);
        BackendArray decay = _backend.FromSingles(_decay, _heads, 1, 1);
        BackendArray s = state["state"] ?? _backend.FromSingles(new float[batch * inner * _width], batch, _heads, _width, _width);
        var outputs = new BackendArray[length];
        for (int t = 0; t < length; t++)
        {
            BackendArray key = _backend.Reshape(_backend.Slice(k, 2, t, 1), batch, _heads, _width, 1);
            s = _backend.Add(_backend.Multiply(s, decay), _backend.MatMul(key, _backend.Slice(v, 2, t, 1)));
            outputs[t] = _backend.MatMul(_backend.Slice(q, 2, t, 1), s);
        }

        state["state"] = s;
        BackendArray mixed = _backend.Reshape(Heads.Merge(_backend, _backend.Concat(2, outputs)), batch, length, _groups, inner / _groups);
        BackendArray normed = _backend.Multiply(_backend.Reshape(_backend.RmsNorm(mixed, null, _epsilon), batch, length, inner), _normWeight.Value);
        return _out.Forward(_backend.Multiply(normed, _backend.Apply(UnaryOperation.Sigmoid, _gate.Forward(x))));
    }

    // ALiBi: powers of two; where the heads are no power of two, every second one of the next power's fills up.
    private static IEnumerable<double> Slopes(int heads)
    {
        static IEnumerable<double> Of(int count) => Enumerable.Range(1, count).Select(head => Math.Pow(2, -Math.Pow(2, 3 - Math.Log2(count)) * head));
        int power = 1 << BitOperations.Log2((uint)heads);
        return power == heads ? Of(heads) : Of(power).Concat(Of(2 * power).Where((_, index) => index % 2 == 0).Take(heads - power));
    }
}
