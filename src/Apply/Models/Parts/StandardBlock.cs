using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;

namespace Transfuse.Apply.Models.Parts;

/// <summary>A mixer and a network, each added to what it was given; norms stand before, after, or on both sides (mlx-models.md 5).</summary>
internal sealed class StandardBlock : IBlock
{
    private readonly ITensorBackend _backend;
    private readonly string _placement;
    private readonly IMixer? _mixer;
    private readonly IMixer? _network;
    private readonly Norm? _beforeMixer;
    private readonly Norm? _afterMixer;
    private readonly Norm? _beforeNetwork;
    private readonly Norm? _afterNetwork;
    private readonly bool _residualFirst;
    private readonly bool _clipsFloat16;
    private readonly float _scale;

    public StandardBlock(PartFactory parts, string path, int layer, string placement, IMixer? mixer = null)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        _placement = placement;
        _mixer = mixer ?? BlockFactory.Mixer(parts, path, layer);
        _network = BlockFactory.Network(parts, path, layer);
        _beforeMixer = _mixer is null ? null : Norm(parts, path, layer, "pre_attn");
        _afterMixer = _mixer is null ? null : Norm(parts, path, layer, "post_attn");
        _beforeNetwork = _network is null || placement == "parallel_1norm" ? null : Norm(parts, path, layer, "pre_mlp");
        _afterNetwork = _network is null ? null : Norm(parts, path, layer, "post_mlp");
        if (placement.StartsWith("parallel", StringComparison.Ordinal) && (_mixer is null || _network is null))
        {
            throw new ModelException(ModelError.SettingNotRun, path, "has only one of two parallel parts");
        }

        _clipsFloat16 = settings.Has("block.fp16_clip");
        _residualFirst = settings.Word("block.sum") == "residual_first";
        _scale = settings.Number("block.residual_scale", layer, 1);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray h, Step step, LayerState state)
    {
        if (_placement.StartsWith("parallel", StringComparison.Ordinal))
        {
            BackendArray normed = Apply(_beforeMixer, h);
            BackendArray second = _placement == "parallel_1norm" ? normed : Apply(_beforeNetwork, h);
            BackendArray mixed = _mixer!.Forward(normed, step, state), changed = _network!.Forward(second, step, state);
            return _residualFirst ? _backend.Add(_backend.Add(h, mixed), changed) : _backend.Add(_backend.Add(mixed, changed), h);
        }

        h = _mixer is null ? h : Add(h, Apply(_afterMixer, _mixer.Forward(Apply(_beforeMixer, h), step, state)));
        return _network is null ? h : Add(h, Apply(_afterNetwork, _network.Forward(Apply(_beforeNetwork, h), step, state)));
    }

    private static Norm? Norm(PartFactory parts, string path, int layer, string slot)
    {
        ModelSettings settings = parts.Settings;
        bool weightless = settings.Word("norm.kind") is "rms_noweight" or "layer_noaffine";
        if (settings.Word("block." + slot) is not { } name)
        {
            return weightless && slot.StartsWith("pre", StringComparison.Ordinal) ? parts.Norm(null, 0, settings.Number("norm.eps", layer)) : null;
        }

        return parts.Norm(Paths.Join(path, name), settings.Size("dims.H", layer), settings.Number("norm.eps", layer));
    }

    private static BackendArray Apply(Norm? norm, BackendArray x) => norm?.Forward(x) ?? x;

    private BackendArray Add(BackendArray h, BackendArray part)
    {
        part = _scale == 1 ? part : _backend.Affine(part, _scale, 0);
        if (!_clipsFloat16 || !_backend.IsFloat16(h))
        {
            return _backend.Add(h, part);
        }

        const float Largest = 65504;
        return _backend.CastLike(_backend.Clip(_backend.Add(_backend.Widen(h), _backend.Widen(part)), -Largest, Largest), h);
    }
}
