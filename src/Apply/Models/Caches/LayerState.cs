using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Caches;

/// <summary>What a layer remembers of the tokens before.</summary>
internal sealed class LayerState
{
    private readonly Dictionary<string, BackendArray> _arrays = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KeyValueState> _attention = new(StringComparer.Ordinal);

    /// <summary>Keys and values of each attention of the layer; most layers have one.</summary>
    public IReadOnlyDictionary<string, KeyValueState> Attention => _attention;

    /// <summary>All that it remembers.</summary>
    public IEnumerable<BackendArray> Arrays => _arrays.Values.Concat(_attention.Values.SelectMany(state => (BackendArray[])[state.Keys, state.Values]));

    /// <summary>Puts keys and values in the place of those before.</summary>
    public void Set(string name, KeyValueState state)
    {
        state.Keys.Hold();
        state.Values.Hold();
        if (_attention.TryGetValue(name, out KeyValueState? before))
        {
            before.Keys.Release();
            before.Values.Release();
        }

        _attention[name] = state;
    }

    /// <summary>A recurrent state or the tail of a convolution, or <see langword="null"/> at the start.</summary>
    public BackendArray? this[string name]
    {
        get => _arrays.GetValueOrDefault(name);
        set
        {
            value!.Hold();
            _arrays.GetValueOrDefault(name)?.Release();
            _arrays[name] = value;
        }
    }

    /// <summary>An equal state that goes on by itself: arrays never change, so they are shared.</summary>
    public LayerState Copy()
    {
        var copy = new LayerState();
        foreach ((string name, BackendArray array) in _arrays)
        {
            copy[name] = array;
        }

        foreach ((string name, KeyValueState state) in _attention)
        {
            copy.Set(name, state);
        }

        return copy;
    }}
