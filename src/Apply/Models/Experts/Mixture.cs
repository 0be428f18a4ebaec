using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Experts;

/// <summary>A mixture of experts with its router, and what all tokens share (mlx-models.md 6).</summary>
internal sealed class Mixture : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly Router _router;
    private readonly IExperts _experts;
    private readonly FeedForward? _shared;
    private readonly LayerSlot? _sharedGate;
    private readonly LayerSlot? _mix;
    private readonly LayerSlot? _latentIn;
    private readonly LayerSlot? _latentOut;
    private readonly bool _scoreEntersExpert;
    private readonly int _zeroExperts;
    private readonly int _count;
    private readonly float _routedScale;

    public Mixture(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("moe.path"));
        int hidden = settings.Size("dims.H", layer);
        _count = settings.Size("moe.experts.n", layer);
        _zeroExperts = settings.Size("moe.experts.zero_experts", layer, 0);
        _router = new Router(parts, path, layer, _count + _zeroExperts);
        int width = hidden;
        if (settings.Size("moe.experts.latent", layer, 0) is > 0 and var latent)
        {
            bool bias = settings.Is("moe.experts.latent_bias", layer, false);
            _latentIn = parts.Linear(Paths.Join(path, "fc1_latent_proj"), latent, hidden, bias);
            _latentOut = parts.Linear(Paths.Join(path, "fc2_latent_proj"), hidden, latent, bias);
            width = latent;
        }

        _experts = settings.Word("moe.experts.kind") == "list_glu"
            ? new ListedExperts(parts, path, layer, width, _count)
            : new StackedExperts(parts, path, layer, width, _count);
        if (settings.Has("moe.shared") && settings.Is("moe.shared.when", layer, true))
        {
            _shared = FeedForward.CreateShared(parts, Paths.Join(path, settings.Word("moe.shared.path")), layer);
            _sharedGate = settings.Word("moe.shared.gate") is { } gate ? parts.Linear(Paths.Join(path, gate), 1, hidden, false) : null;
            _mix = settings.Word("moe.shared.mix") is { } mix ? parts.Linear(Paths.Join(path, mix), 2, hidden, true) : null;
        }

        _scoreEntersExpert = settings.Has("moe.router.apply");
        _routedScale = settings.Number("moe.routed_scale", layer, 1);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state) => Forward(x, x);

    /// <summary>The experts on x, chosen by another input.</summary>
    public BackendArray Forward(BackendArray x, BackendArray routerInput)
    {
        int hidden = x[^1];
        BackendArray tokens = _backend.Reshape(x, -1, hidden);
        (BackendArray experts, BackendArray weights) = _router.Forward(_backend.Reshape(routerInput, -1, hidden));
        BackendArray routed = Route(tokens, experts, weights);
        routed = _latentOut?.Forward(routed) ?? routed;
        routed = _routedScale == 1 ? routed : _backend.Affine(routed, _routedScale, 0);
        if (_shared is not null)
        {
            BackendArray shared = _shared.Forward(tokens);
            if (_sharedGate is not null)
            {
                shared = _backend.Multiply(_backend.Apply(UnaryOperation.Sigmoid, _sharedGate.Forward(tokens)), shared);
            }

            if (_mix is not null)
            {
                BackendArray shares = _backend.Softmax(_mix.Forward(tokens));
                routed = _backend.Multiply(routed, _backend.Slice(shares, 1, 0, 1));
                shared = _backend.Multiply(shared, _backend.Slice(shares, 1, 1, 1));
            }

            routed = _backend.Add(routed, shared);
        }

        return _backend.Reshape(routed, x.Shape);
    }

    private BackendArray Route(BackendArray tokens, BackendArray experts, BackendArray weights)
    {
        int count = tokens[0], chosen = experts[1];
        BackendArray scale = _backend.Reshape(weights, count, chosen, 1);
        BackendArray input = _latentIn?.Forward(tokens) ?? tokens;
        BackendArray x = _backend.Reshape(input, count, 1, input[1]);
        if (_scoreEntersExpert)
        {
            BackendArray entering = _backend.Multiply(x, scale);
            return _backend.Reshape(_backend.Sum(_experts.Forward(entering, experts), 1), count, -1);
        }

        if (_zeroExperts == 0)
        {
            BackendArray each = _experts.Forward(x, experts);
            return _backend.Reshape(_backend.CastLike(_backend.Sum(Weighed(each), 1), each), count, -1);
        }

        // Experts beyond the real ones hand the token through.
        int[] indices = _backend.ToIntegers(experts);
        float[] isReal = [.. indices.Select(index => index < _count ? 1f : 0f)];
        BackendArray real = _backend.FromSingles(isReal, count, chosen, 1);
        BackendArray clipped = _backend.FromIntegers([.. indices.Select(index => Math.Min(index, _count - 1))], count, chosen);
        BackendArray routed = Weighed(_backend.Multiply(_experts.Forward(x, clipped), real));
        BackendArray through = Weighed(_backend.Multiply(x, _backend.Affine(real, -1, 1)));
        return _backend.Reshape(_backend.CastLike(_backend.Sum(_backend.Add(routed, through), 1), tokens), count, -1);

        BackendArray Weighed(BackendArray each) =>
            _router.WidensSum ? _backend.Multiply(_backend.Widen(each), _backend.Widen(scale)) : _backend.Multiply(each, scale);
    }
}
