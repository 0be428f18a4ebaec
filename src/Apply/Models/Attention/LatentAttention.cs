using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>
/// Attention over a latent vector of each token and a rotated part that all heads share (MLA, mlx-models.md 5). The latent is what is remembered, whether the
/// model has one matrix from it to keys and values or two stacks.
/// </summary>
internal sealed class LatentAttention : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot? _query;
    private readonly LayerSlot? _queryDown;
    private readonly Norm? _queryNorm;
    private readonly LayerSlot? _queryUp;
    private readonly LayerSlot _latent;
    private readonly Norm _latentNorm;
    private readonly LayerSlot? _expand;
    private readonly BackendWeight? _embedQuery;
    private readonly BackendWeight? _unembed;
    private readonly LayerSlot _output;
    private readonly RotaryEmbedding? _rope;
    private readonly KeySelection? _selection;
    private readonly int _heads;
    private readonly int _plain;
    private readonly int _rotated;
    private readonly int _rank;
    private readonly int _values;
    private readonly float _scale;
    private readonly float _queryScale;
    private readonly float _latentScale;
    private readonly string _name;

    public LatentAttention(PartFactory parts, string layerPath, int layer, int index = -1)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        _name = index < 0 ? string.Empty : index.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string path = Paths.Indexed(Paths.Join(layerPath, settings.Word("attn.path")), index);
        string Name(string slot) => Paths.Join(path, settings.Word("attn." + slot));
        int hidden = settings.Size("dims.H", layer);
        bool bias = settings.Is("attn.bias_a_o", layer, false);
        _heads = settings.Size("dims.nh", layer);
        _plain = settings.Size("attn.dn", layer);
        _rotated = settings.Size("attn.dr", layer, 0);
        _values = settings.Size("attn.dv", layer);
        _rank = settings.Size("attn.rank_kv", layer);
        _scale = settings.Number("attn.scale", layer);
        _queryScale = settings.Number("attn.q_scale", layer, 1);
        _latentScale = settings.Number("attn.kv_scale", layer, 1);
        float epsilon = settings.Number("attn.inner_eps", layer);
        int queries = _heads * (_plain + _rotated);
        if (settings.Is("attn.q_lora", layer, false))
        {
            int queryRank = settings.Size("attn.rank_q", layer);
            _queryDown = parts.Linear(Name("q_a"), queryRank, hidden, bias);
            _queryNorm = parts.Norm(Name("q_a_norm"), queryRank, epsilon, "rms");
            _queryUp = parts.Linear(Name("q_b"), queries, queryRank, false);
            _selection = KeySelection.Create(parts, path, layer, hidden, queryRank, _rotated);
        }
        else
        {
            _query = parts.Linear(Name("q"), queries, hidden, false);
        }

        _latent = parts.Linear(Name("kv_a"), _rank + _rotated, hidden, bias);
        _latentNorm = parts.Norm(Name("kv_a_norm"), _rank, epsilon, "rms");
        if (settings.Word("attn.kind") == "mla_full")
        {
            _expand = parts.Linear(Name("kv_b"), _heads * (_plain + _values), _rank, false);
        }
        else
        {
            _embedQuery = parts.Stack(Name("embed_q"), _heads, _rank, _plain);
            _unembed = parts.Stack(Name("unembed_out"), _heads, _values, _rank);
        }

        _output = parts.Linear(Name("o"), hidden, _heads * _values, bias);
        _rope = RotaryFactory.Create(parts, layer);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        BackendArray? down = _queryDown is null ? null : _queryNorm!.Forward(_queryDown.Forward(x));
        BackendArray q = _query?.Forward(x) ?? _queryUp!.Forward(down!);
        q = Heads.Split(_backend, _queryScale == 1 ? q : _backend.Affine(q, _queryScale, 0), _heads);
        BackendArray plain = _backend.Slice(q, -1, 0, _plain), rotated = Rotated(q, _plain, step);

        BackendArray both = _latent.Forward(x);
        BackendArray latent = _latentNorm.Forward(_backend.Slice(both, -1, 0, _rank));
        latent = Heads.Split(_backend, _latentScale == 1 ? latent : _backend.Affine(latent, _latentScale, 0), 1);
        BackendArray shared = Rotated(Heads.Split(_backend, both, 1), _rank, step);
        (shared, latent) = KeyValueUpdate.Run(_backend, state, shared, latent, 0, _name);

        BackendArray? mask = step.Mask(latent[2], 0, false);
        mask = _selection?.Restrict(mask, x, down!, step, state) ?? mask;
        BackendArray mixed = _expand is null ? Absorbed(plain, rotated, latent, shared, mask) : Expanded(plain, rotated, latent, shared, mask);
        return _output.Forward(Heads.Merge(_backend, mixed));
    }

    // Keys and values of every head from the latents.
    private BackendArray Expanded(BackendArray plain, BackendArray rotated, BackendArray latent, BackendArray shared, BackendArray? mask)
    {
        BackendArray expanded = Heads.Split(_backend, _expand!.Forward(_backend.Reshape(latent, latent[0], latent[2], _rank)), _heads);
        BackendArray keys = _backend.Concat(-1, _backend.Slice(expanded, -1, 0, _plain), _backend.Repeat(shared, 1, _heads));
        return _backend.Attention(_backend.Concat(-1, plain, rotated), keys, _backend.Slice(expanded, -1, _plain, _values), _scale, mask, null, 0);
    }

    // Queries go into the space of the latents, where all heads share one key and one value: score = q_n . (E z) + q_p . k_p.
    private BackendArray Absorbed(BackendArray plain, BackendArray rotated, BackendArray latent, BackendArray shared, BackendArray? mask)
    {
        BackendArray queries = _backend.Concat(-1, _backend.StackLinear(plain, _embedQuery!), rotated);
        BackendArray mixed = _backend.Attention(queries, _backend.Concat(-1, latent, shared), latent, _scale, mask, null, 0);
        return _backend.StackLinear(mixed, _unembed!);
    }

    // What all heads share of (b, heads, L, d), from an element on; a model without such a part gets a zero, which adds nothing to any score.
    private BackendArray Rotated(BackendArray x, int start, Step step)
    {
        if (_rotated == 0)
        {
            return _backend.FromSingles(new float[x[0] * x[1] * x[2]], x[0], x[1], x[2], 1);
        }

        BackendArray part = _backend.Slice(x, -1, start, _rotated);
        return _rope?.Forward(part, step) ?? part;
    }
}
