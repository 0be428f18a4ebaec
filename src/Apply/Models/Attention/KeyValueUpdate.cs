using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Caches;

namespace Transfuse.Apply.Models.Attention;

/// <summary>Puts the keys and values of new tokens behind those of earlier ones.</summary>
internal static class KeyValueUpdate
{
    /// <summary>All keys and values that the new tokens may see, (b, nkv, S, d).</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="state">What the layer remembers; of a window the last <paramref name="window"/> - 1.</param>
    /// <param name="keys">Keys of the new tokens.</param>
    /// <param name="values">Values of the new tokens.</param>
    /// <param name="window">How far a token sees; 0 for no limit.</param>
    /// <param name="name">Which of a layer's attentions it is.</param>
    public static (BackendArray Keys, BackendArray Values) Run(
        ITensorBackend backend, LayerState state, BackendArray keys, BackendArray values, int window, string name = "")
    {
        if (state.Attention.TryGetValue(name, out KeyValueState? before))
        {
            keys = backend.Concat(2, before.Keys, keys);
            values = backend.Concat(2, before.Values, values);
        }

        int kept = window == 0 ? keys[2] : Math.Min(keys[2], Math.Max(1, window - 1));
        state.Set(name, new KeyValueState(Last(backend, keys, kept), Last(backend, values, kept)));
        return (keys, values);
    }

    private static BackendArray Last(ITensorBackend backend, BackendArray x, int count) => count == x[2] ? x : backend.Slice(x, 2, x[2] - count, count);
}
