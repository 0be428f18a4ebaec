using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Caches;

/// <summary>What a layer remembers of the tokens before.</summary>
internal sealed class LayerState
{
    private readonly Dictionary<string, BackendArray> _arrays = new(StringComparer.Ordinal);

    /// <summary>Keys and values of each attention of the layer; most layers have one.</summary>
    public Dictionary<string, KeyValueState> Attention { get; } = new(StringComparer.Ordinal);

    /// <summary>A recurrent state or the tail of a convolution, or <see langword="null"/> at the start.</summary>
    public BackendArray? this[string name]
    {
        get => _arrays.GetValueOrDefault(name);
        set => _arrays[name] = value!;
    }

    /// <summary>An equal state that goes on by itself: arrays never change, so they are shared.</summary>
    public LayerState Copy()
    {
        var copy = new LayerState();
        foreach ((string name, BackendArray array) in _arrays)
        {
            copy._arrays.Add(name, array);
        }

        foreach ((string name, KeyValueState state) in Attention)
        {
            copy.Attention.Add(name, state);
        }

        return copy;
    }
}
