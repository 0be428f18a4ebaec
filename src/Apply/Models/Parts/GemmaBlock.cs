using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Experts;

namespace Transfuse.Apply.Models.Parts;

/// <summary>
/// The block of Gemma 4: norms on both sides, a network beside which experts may stand, an input of its own for each layer, and a factor at the end.
/// </summary>
internal sealed class GemmaBlock : IBlock
{
    private readonly ITensorBackend _backend;
    private readonly GroupedAttention _attention;
    private readonly FeedForward _network;
    private readonly Mixture? _experts;
    private readonly Norm _beforeAttention;
    private readonly Norm _afterAttention;
    private readonly Norm _beforeNetwork;
    private readonly Norm _afterNetwork;
    private readonly Norm? _afterDense;
    private readonly Norm? _beforeExperts;
    private readonly Norm? _afterExperts;
    private readonly LayerInput? _input;
    private readonly Parameter _scalar;

    public GemmaBlock(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        int hidden = settings.Size("dims.H", layer);
        float epsilon = settings.Number("norm.eps", layer);
        Norm Norm(string name) => parts.Norm(Paths.Join(path, name), hidden, epsilon);
        _attention = new GroupedAttention(parts, path, layer);
        _network = FeedForward.Create(parts, path, layer);
        _beforeAttention = Norm(settings.Word("block.pre_attn")!);
        _afterAttention = Norm(settings.Word("block.post_attn")!);
        _beforeNetwork = Norm(settings.Word("block.pre_mlp")!);
        _afterNetwork = Norm(settings.Word("block.post_mlp")!);
        if (settings.Is("moe.layers", layer, true))
        {
            _experts = new Mixture(parts, path, layer);
            _afterDense = Norm("post_feedforward_layernorm_1");
            _beforeExperts = Norm("pre_feedforward_layernorm_2");
            _afterExperts = Norm("post_feedforward_layernorm_2");
        }

        _input = settings.Is("ple.when", layer, true) ? new LayerInput(parts, path, layer) : null;
        _scalar = parts.Flat(Paths.Join(path, settings.Word("block.layer_scalar")), 1);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray h, Step step, LayerState state)
    {
        h = _backend.Add(h, _afterAttention.Forward(_attention.Forward(_beforeAttention.Forward(h), step, state)));
        BackendArray added = _network.Forward(_beforeNetwork.Forward(h));
        if (_experts is not null)
        {
            BackendArray routed = _afterExperts!.Forward(_experts.Forward(_beforeExperts!.Forward(h), h));
            added = _backend.Add(_afterDense!.Forward(added), routed);
        }

        h = _backend.Add(h, _afterNetwork.Forward(added));
        h = _input?.Forward(h, step) ?? h;
        return _backend.Multiply(h, _scalar.Value);
    }
}
