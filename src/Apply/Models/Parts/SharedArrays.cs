using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Parts;

/// <summary>What layers hand to later layers of one step, by name: an array, or keys and values.</summary>
internal sealed class SharedArrays
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    /// <summary>An array, or a pair of them; held until <see cref="Release"/>.</summary>
    /// <exception cref="KeyNotFoundException">No layer before handed it on.</exception>
    public object this[string name]
    {
        get => _values[name];
        set
        {
            Array.ForEach(Arrays(value), array => array.Hold());
            if (_values.TryGetValue(name, out object? before))
            {
                Array.ForEach(Arrays(before), array => array.Release());
            }

            _values[name] = value;
        }
    }

    public bool TryGetValue(string name, out object? value) => _values.TryGetValue(name, out value);

    public void Release()
    {
        foreach (object value in _values.Values)
        {
            Array.ForEach(Arrays(value), array => array.Release());
        }

        _values.Clear();
    }

    private static BackendArray[] Arrays(object value) => value switch
    {
        BackendArray array => [array],
        (BackendArray first, BackendArray second) => [first, second],
        _ => throw new ArgumentException($"{value.GetType().Name} is not handed from layer to layer.", nameof(value)),
    };
}
