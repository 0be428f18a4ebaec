using System.Collections.Immutable;
using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Caches;

/// <summary>What a model remembers of the tokens that it has seen: keys, values, recurrent states. It belongs to one model and one batch.</summary>
/// <example>
/// <code>
/// ModelCache cache = model.NewCache();
/// float[] prompt = model.Logits(ids, cache);
/// ModelCache fork = cache.Copy();                          // goes on from here in another way
/// </code>
/// </example>
public sealed class ModelCache
{
    internal ModelCache(int layers) => States = [.. Enumerable.Range(0, layers).Select(_ => new LayerState())];

    private ModelCache(ModelCache other)
    {
        States = [.. other.States.Select(state => state.Copy())];
        Model = other.Model.Copy();
        Length = other.Length;
        Batch = other.Batch;
    }

    /// <summary>Number of tokens seen.</summary>
    public int Length { get; internal set; }

    internal int Batch { get; set; }

    internal ImmutableArray<LayerState> States { get; }

    internal LayerState Model { get; } = new();

    internal IEnumerable<BackendArray> Arrays => States.Append(Model).SelectMany(state => state.Arrays);

    /// <summary>A cache with the same contents that goes on by itself. Costs next to nothing: contents are shared until they differ.</summary>
    public ModelCache Copy() => new(this);

    /// <summary>Lets go of everything: nobody goes on with it.</summary>
    internal void Release()
    {
        foreach (BackendArray array in Arrays)
        {
            array.Release();
        }
    }
}
