using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;

namespace Transfuse.Apply.Models.Parts;

/// <summary>Embeddings of an id together with those before it, added to its own (LongCat, mlx-models.md 9).</summary>
internal sealed class NgramEmbedding
{
    private const string Before = "ids before";

    private readonly ITensorBackend _backend;
    private readonly (LayerSlot Embedding, LayerSlot Projection, long Ids, long[] Powers)[] _parts;
    private readonly int _neighbours;

    private NgramEmbedding(PartFactory parts)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        _neighbours = settings.FieldSize("emb_neighbor_num");
        int hidden = settings.Size("dims.H", null), vocabulary = settings.Size("dims.V", null), splits = settings.FieldSize("emb_split_num");
        long first = (long)vocabulary * settings.FieldSize("ngram_vocab_size_ratio"), count = (long)splits * (_neighbours - 1);
        if (count < 1 || count > hidden || first + (2 * count) > int.MaxValue)
        {
            throw new ModelException(
                ModelError.FieldInvalid, "emb_neighbor_num", $"and emb_split_num make {count} tables of {first} ids for {hidden} elements");
        }

        string embedding = settings.Word("paths.embed")!, root = embedding[..embedding.LastIndexOf('.')];
        int width = (int)(hidden / count);
        _parts = [.. Enumerable.Range(0, (int)count).Select(index =>
        {
            long ids = first + (2 * index) + 1, power = 1;
            long[] powers = new long[(index / splits) + 1];
            for (int s = 0; s < powers.Length; s++)
            {
                powers[s] = power = power * vocabulary % ids;
            }

            return (parts.Embedding($"{root}.embedders.{index}", (int)ids, width), parts.Linear($"{root}.post_projs.{index}", hidden, width, false),
                ids, powers);
        })];
    }

    public static NgramEmbedding? Create(PartFactory parts) => parts.Settings.Word("embed.kind") == "ngram" ? new NgramEmbedding(parts) : null;

    /// <summary>The mean of an id's own embedding and those of what it ends; (b, L, H).</summary>
    public BackendArray Forward(BackendArray own, Step step)
    {
        int batch = step.Batch, length = step.Length, kept = _neighbours - 1;
        int[] ids = _backend.ToIntegers(step.Ids);
        int[] before = step.Cache.Model[Before] is { } known ? _backend.ToIntegers(known) : new int[batch * kept];
        long Id(int row, int t) => t >= 0 ? ids[(row * length) + t] : before[(row * kept) + kept + t];
        BackendArray sum = own;
        int[] grams = new int[batch * length];
        foreach ((LayerSlot embedding, LayerSlot projection, long count, long[] powers) in _parts)
        {
            for (int i = 0; i < grams.Length; i++)
            {
                (int row, int t) = (i / length, i % length);
                long gram = Id(row, t);
                for (int s = 0; s < powers.Length; s++)
                {
                    gram += Id(row, t - s - 1) * powers[s];
                }

                grams[i] = (int)(gram % count);
            }

            sum = _backend.Add(sum, projection.Forward(embedding.Embed(_backend.FromIntegers(grams, batch, length))));
        }

        step.Cache.Model[Before] = _backend.FromIntegers(
            [.. Enumerable.Range(0, batch * kept).Select(i => (int)Id(i / kept, length - kept + (i % kept)))], batch, kept);
        return _backend.Affine(sum, 1f / (1 + _parts.Length), 0);
    }
}
