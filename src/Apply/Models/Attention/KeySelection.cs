using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>Leaves each token only the keys that an indexer scores highest (DSA of deepseek_v32; mlx-models.md 5).</summary>
internal sealed class KeySelection
{
    private const float NormEpsilon = 1e-5f;

    private readonly ITensorBackend _backend;
    private readonly LayerSlot _queries;
    private readonly LayerSlot _keys;
    private readonly Norm _keyNorm;
    private readonly LayerSlot _weights;
    private readonly RotaryEmbedding _rope;
    private readonly int _heads;
    private readonly int _width;
    private readonly int _kept;

    private KeySelection(PartFactory parts, string path, int layer, int hidden, int queryRank, int rotated)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        _heads = settings.Size("attn.indexer.heads", layer);
        _width = settings.Size("attn.indexer.dim", layer);
        _kept = settings.Size("attn.indexer.top_k", layer);
        string Name(string slot) => Paths.Join(path, settings.Word("attn.indexer." + slot));
        _queries = parts.Linear(Name("wq_b"), _heads * _width, queryRank, false);
        _keys = parts.Linear(Name("wk"), _width, hidden, false);
        _keyNorm = parts.Norm(Name("k_norm"), _width, NormEpsilon, "layer");
        _weights = parts.Linear(Name("weights"), _heads, hidden, false);
        _rope = RotaryFactory.Create(
            parts, layer, settings.Word("rope.kind")!, rotated, settings.Number("rope.base", layer), settings.Is("attn.indexer.traditional", layer, false));
    }

    public static KeySelection? Create(PartFactory parts, string path, int layer, int hidden, int queryRank, int rotated) =>
        parts.Settings.Has("attn.indexer") ? new KeySelection(parts, path, layer, hidden, queryRank, rotated) : null;

    /// <summary>The mask without the keys that are not chosen: (b, 1, L, S); the same mask where there are few keys.</summary>
    public BackendArray? Restrict(BackendArray? mask, BackendArray x, BackendArray queryLatent, Step step, LayerState state)
    {
        BackendArray queries = _rope.Forward(Heads.Split(_backend, _queries.Forward(queryLatent), _heads), step);
        BackendArray keys = _rope.Forward(Heads.Split(_backend, _keyNorm.Forward(_keys.Forward(x)), 1), step);
        (keys, _) = KeyValueUpdate.Run(_backend, state, keys, keys, 0, "indexer");
        int batch = x[0], length = x[1], count = keys[2];
        if (count <= _kept)
        {
            return mask;
        }

        // sum over heads of relu(q k) * weight; positive factors do not change the order, but the relu's zeros tie.
        BackendArray scores = _backend.Apply(UnaryOperation.Relu, _backend.MatMul(queries, _backend.Permute(keys, 0, 1, 3, 2)));
        BackendArray weights = _backend.Reshape(_backend.Permute(_weights.Forward(x), 0, 2, 1), batch, _heads, length, 1);
        scores = _backend.Sum(_backend.Multiply(scores, _backend.Affine(weights, 1 / MathF.Sqrt(_heads * _width), 0)), 1);
        scores = mask is null ? scores : _backend.Add(scores, mask);
        float[] values = _backend.ToSingles(scores);
        float[] allowed = new float[values.Length];
        allowed.AsSpan().Fill(float.NegativeInfinity);
        int[] order = new int[count];
        for (int row = 0; row < values.Length; row += count)
        {
            // Of equal scores MLX (0.31.2) takes the later ones, since it sorts upwards and takes the end.
            int start = row;
            for (int i = 0; i < count; i++)
            {
                order[i] = i;
            }

            Array.Sort(order, (a, b) => values[start + b].CompareTo(values[start + a]) is var byValue && byValue != 0 ? byValue : b.CompareTo(a));
            foreach (int key in order.AsSpan(0, _kept))
            {
                allowed[row + key] = 0;
            }
        }

        BackendArray selected = _backend.FromSingles(allowed, batch, 1, length, count);
        return mask is null ? selected : _backend.Add(selected, mask);
    }
}
