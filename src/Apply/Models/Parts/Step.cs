using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Caches;

namespace Transfuse.Apply.Models.Parts;

/// <summary>One call of the model: the tokens that come now, and what came before.</summary>
internal sealed class Step
{
    private readonly Dictionary<(int Keys, int Window, bool Chunked), BackendArray> _masks = [];

    public Step(ITensorBackend backend, BackendArray ids, ModelCache cache, bool isWhole)
    {
        Backend = backend;
        Ids = ids;
        Cache = cache;
        Batch = ids[0];
        Length = ids[1];
        Offset = cache.Length;
        IsWhole = isWhole;
    }

    public ITensorBackend Backend { get; }

    /// <summary>int32 (b, L).</summary>
    public BackendArray Ids { get; }

    public ModelCache Cache { get; }

    public int Batch { get; }

    /// <summary>Number of tokens that come now.</summary>
    public int Length { get; }

    /// <summary>Number of tokens before.</summary>
    public int Offset { get; }

    /// <summary>Whether the caller asked for a whole sequence, not for a continuation: mlx-lm's call without a cache.</summary>
    public bool IsWhole { get; }

    /// <summary>What layers hand to later layers, which may run in another stretch of work.</summary>
    public SharedArrays Shared { get; } = new();

    /// <summary>
    /// The mask for a number of keys of which the last belongs to the last token: (L, S), 0 where a token may look and minus infinity elsewhere;
    /// <see langword="null"/> where it may look everywhere.
    /// </summary>
    /// <param name="keys">S.</param>
    /// <param name="window">A token sees itself and the <paramref name="window"/> - 1 before it, or those of its chunk; 0 for no limit.</param>
    /// <param name="chunked">Whether the window is a chunk: positions from a multiple of it on.</param>
    public BackendArray? Mask(int keys, int window, bool chunked)
    {
        if (Length == 1 && (window == 0 || (!chunked && keys <= window)))
        {
            return null;
        }

        if (_masks.TryGetValue((keys, window, chunked), out BackendArray? known))
        {
            return known;
        }

        float[] mask = new float[checked(Length * keys)];
        int firstKey = Offset + Length - keys;
        for (int t = 0; t < Length; t++)
        {
            for (int s = 0; s < keys; s++)
            {
                int query = Offset + t, key = firstKey + s;
                bool sees = key <= query && (window == 0 || (chunked ? key / window == query / window : query - key < window));
                mask[(t * keys) + s] = sees ? 0 : float.NegativeInfinity;
            }
        }

        BackendArray made = Backend.FromSingles(mask, Length, keys);
        made.Hold();
        _masks.Add((keys, window, chunked), made);
        return made;
    }

    /// <summary>Lets go of masks and of what layers handed on: the step is over.</summary>
    public void End()
    {
        foreach (BackendArray mask in _masks.Values)
        {
            mask.Release();
        }

        _masks.Clear();
        Shared.Release();
    }
}
