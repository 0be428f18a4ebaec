using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Experts;
using Transfuse.Apply.Models.Mixers;

namespace Transfuse.Apply.Models.Parts;

/// <summary>Attention and a recurrence side by side on one norm, then a network (falcon_h1).</summary>
internal sealed class ParallelMixersBlock : IBlock
{
    private readonly ITensorBackend _backend;
    private readonly Norm _before;
    private readonly Norm _beforeNetwork;
    private readonly GroupedAttention _attention;
    private readonly Mamba2 _recurrence;
    private readonly FeedForward _network;

    public ParallelMixersBlock(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        int hidden = settings.Size("dims.H", layer);
        float epsilon = settings.Number("norm.eps", layer);
        _before = parts.Norm(Paths.Join(path, settings.Word("block.pre_attn")), hidden, epsilon);
        _beforeNetwork = parts.Norm(Paths.Join(path, settings.Word("block.pre_mlp")), hidden, epsilon);
        _attention = new GroupedAttention(parts, path, layer);
        _recurrence = new Mamba2(parts, path, layer);
        _network = FeedForward.Create(parts, path, layer);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray h, Step step, LayerState state)
    {
        BackendArray normed = _before.Forward(h);
        h = _backend.Add(h, _backend.Add(_recurrence.Forward(normed, step, state), _attention.Forward(normed, step, state)));
        return _backend.Add(h, _network.Forward(_beforeNetwork.Forward(h)));
    }
}
