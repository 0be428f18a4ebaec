using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Experts;

/// <summary>A feed-forward network: gated with two matrices or with one for both, or plain.</summary>
internal sealed class FeedForward : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly Activation _activation;
    private readonly LayerSlot? _gate;
    private readonly LayerSlot? _up;
    private readonly LayerSlot? _fused;
    private readonly LayerSlot _down;
    private readonly Norm? _subNorm;
    private readonly bool _upFirst;
    private readonly int _inner;

    private FeedForward(PartFactory parts, string section, string kind, string path, int layer, int inner, bool bias, Func<string, string> name)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        _inner = inner;
        int hidden = settings.Size("dims.H", layer);
        LayerSlot Linear(string slot, int outputs, int inputs) => parts.Linear(Paths.Join(path, name(slot)), outputs, inputs, bias);
        switch (kind)
        {
            case "gated":
                _gate = Linear("gate", inner, hidden);
                _up = Linear("up", inner, hidden);
                break;
            case "gated_fused":
                _fused = Linear("fused", 2 * inner, hidden);
                _upFirst = settings.Word(section + ".order") == "up,gate";
                break;
            case "plain":
                _up = Linear("up", inner, hidden);
                break;
            default:
                throw new ModelException(ModelError.SettingNotRun, section + ".kind", $"is '{kind}', which is not run");
        }

        _down = Linear("down", hidden, inner);
        _activation = Activation.Create(parts, section, path, layer);
        _subNorm = settings.Word(section + ".sub_norm") is { } sub ? parts.Norm(Paths.Join(path, sub), inner, settings.Number("norm.eps", layer), "rms") : null;
    }

    /// <summary>The network of a layer by the slots under <c>mlp</c>.</summary>
    /// <param name="parts">The model.</param>
    /// <param name="layerPath">The layer's path.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="index">Which of the layer's networks, where its path has a place for that.</param>
    public static FeedForward Create(PartFactory parts, string layerPath, int layer, int index = 0)
    {
        ModelSettings settings = parts.Settings;
        return new FeedForward(
            parts, "mlp", settings.Word("mlp.kind")!, Paths.Indexed(Paths.Join(layerPath, settings.Word("mlp.path")), index), layer,
            settings.Size("mlp.inner", layer), settings.Is("mlp.bias", layer, false), slot => settings.Word("mlp." + slot)!);
    }

    /// <summary>The network that all tokens share beside the experts.</summary>
    public static FeedForward CreateShared(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        bool fused = settings.Word("moe.shared.kind") == "gated_fused";
        return new FeedForward(
            parts, "moe.shared", settings.Word("moe.shared.kind") ?? "gated", path, layer, settings.Size("moe.shared.inner", layer),
            settings.Is("moe.shared.bias", layer, false),
            slot => fused ? (slot == "fused" ? "input_linear" : "output_linear") : slot + "_proj");
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state) => Forward(x);

    public BackendArray Forward(BackendArray x)
    {
        BackendArray inner;
        if (_fused is not null)
        {
            BackendArray both = _fused.Forward(x);
            BackendArray first = _backend.Slice(both, -1, 0, _inner), second = _backend.Slice(both, -1, _inner, _inner);
            inner = _upFirst ? _activation.Forward(second, first) : _activation.Forward(first, second);
        }
        else
        {
            inner = _gate is null ? _activation.Forward(_up!.Forward(x)) : _activation.Forward(_gate.Forward(x), _up!.Forward(x));
        }

        return _down.Forward(_subNorm?.Forward(inner) ?? inner);
    }
}
