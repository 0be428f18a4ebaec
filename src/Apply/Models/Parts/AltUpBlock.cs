using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Experts;

namespace Transfuse.Apply.Models.Parts;

/// <summary>The block of Gemma 3n: (n, b, L, H) to (n, b, L, H), with a low-rank path beside attention (mlx-models.md 8).</summary>
internal sealed class AltUpBlock : IBlock
{
    private readonly ITensorBackend _backend;
    private readonly AltUp _altUp;
    private readonly GroupedAttention _attention;
    private readonly FeedForward _network;
    private readonly LayerSlot _left;
    private readonly LayerSlot _right;
    private readonly Norm _afterLeftRight;
    private readonly Norm _beforeAttention;
    private readonly Norm _afterAttention;
    private readonly Norm _beforeNetwork;
    private readonly Norm _afterNetwork;
    private readonly LayerInput _input;

    public AltUpBlock(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        int hidden = settings.Size("dims.H", layer), rank = settings.FieldSize("laurel_rank");
        Norm Norm(string name) => parts.Norm(Paths.Join(path, name), hidden, settings.Number("norm.eps", layer));
        _altUp = new AltUp(parts, path + ".altup", layer);
        _attention = new GroupedAttention(parts, path, layer);
        _network = FeedForward.Create(parts, path, layer);
        _left = parts.Linear(path + ".laurel.linear_left", rank, hidden, false);
        _right = parts.Linear(path + ".laurel.linear_right", hidden, rank, false);
        _afterLeftRight = Norm("laurel.post_laurel_norm");
        _beforeAttention = Norm(settings.Word("block.pre_attn")!);
        _afterAttention = Norm(settings.Word("block.post_attn")!);
        _beforeNetwork = Norm(settings.Word("block.pre_mlp")!);
        _afterNetwork = Norm(settings.Word("block.post_mlp")!);
        _input = new LayerInput(parts, path, layer);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray h, Step step, LayerState state)
    {
        BackendArray predicted = _altUp.Predict(h);
        BackendArray active = _altUp.Stream(predicted, _altUp.Active), normed = _beforeAttention.Forward(active);
        BackendArray low = _backend.Add(normed, _afterLeftRight.Forward(_right.Forward(_left.Forward(normed))));
        BackendArray attended = _backend.Add(active, _afterAttention.Forward(_attention.Forward(normed, step, state)));
        BackendArray both = _backend.Affine(_backend.Add(attended, low), MathF.Sqrt(0.5f), 0);
        BackendArray computed = _backend.Add(both, _afterNetwork.Forward(_network.Forward(_beforeNetwork.Forward(both))));
        BackendArray corrected = _altUp.Correct(predicted, computed);
        BackendArray added = _altUp.AsStream(_input.Added(_altUp.Scaled(_altUp.Stream(corrected, _altUp.Active)), step));
        return _backend.Concat(0, _backend.Slice(corrected, 0, 0, 1), _backend.Add(_backend.Slice(corrected, 0, 1, _altUp.Streams - 1), added));
    }
}
