using System.Collections.Immutable;
using System.Globalization;
using Transfuse.Formats.TorchCheckpoint.Pickle;

namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>A place in a saved object where tensors lie side by side.</summary>
/// <param name="Parent">The place that it lies in; <see langword="null"/> for the saved object itself.</param>
/// <param name="Name">Its key or index there.</param>
/// <param name="Value">The dictionary, list or tuple.</param>
internal sealed record TensorHolder(TensorHolder? Parent, string Name, PickleValue Value)
{
    /// <summary>The keys that lead there, joined by dots; empty for the saved object itself.</summary>
    public string Path
    {
        get
        {
            var names = new Stack<string>();
            for (TensorHolder place = this; place.Parent is not null; place = place.Parent)
            {
                names.Push(place.Name);
            }

            return string.Join('.', names);
        }
    }

    /// <summary>All places of a saved object that hold tensors, each once, in the order in which they are reached; the object may contain itself.</summary>
    public static ImmutableArray<TensorHolder> Find(PickleDictionary root)
    {
        var found = ImmutableArray.CreateBuilder<TensorHolder>();
        var seen = new HashSet<PickleValue>(ReferenceEqualityComparer.Instance) { root };
        var open = new Queue<TensorHolder>([new TensorHolder(null, string.Empty, root)]);
        while (open.TryDequeue(out TensorHolder? place))
        {
            bool holds = false;
            foreach ((string name, PickleValue value) in Entries(place.Value))
            {
                holds |= value is PickleTensor;
                if (value is PickleDictionary or PickleList or PickleTuple && seen.Add(value))
                {
                    open.Enqueue(new TensorHolder(place, name, value));
                }
            }

            if (holds)
            {
                found.Add(place);
            }
        }

        return found.ToImmutable();
    }

    private static IEnumerable<(string Name, PickleValue Value)> Entries(PickleValue value) => value switch
    {
        PickleDictionary dictionary => dictionary.Items.Select(static item => (item.Key, item.Value)),
        PickleList list => Numbered([.. list.Items]),
        PickleTuple tuple => Numbered([.. tuple.Items]),
        _ => [],
    };

    private static IEnumerable<(string Name, PickleValue Value)> Numbered(PickleValue[] items) =>
        items.Select(static (item, place) => (place.ToString(CultureInfo.InvariantCulture), item));
}
