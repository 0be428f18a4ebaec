using System.Collections.Frozen;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Checking.Mlx;

/// <summary>A model that is known from the adapter alone: it has what the adapter has, and as many layers as the adapter shows.</summary>
internal sealed class AssumedMlxModel : MlxModel
{
    private readonly FrozenDictionary<string, MlxPlace> _places;
    private readonly FrozenDictionary<string, MlxPlace> _relative;
    private readonly FrozenSet<string> _containers;

    public AssumedMlxModel(MlxTensors tensors, long? layerCount = null)
    {
        _places = tensors.Pairs.ToFrozenDictionary(pair => pair.Path, PlaceOf, StringComparer.Ordinal);
        (ModulePath Path, MlxPlace Place)[] inLayers =
        [
            .. _places.Select(item => (ModulePath.TryParse(item.Key, out ModulePath path) ? path : default, item.Value)).Where(item => item.Item1.IsInLayer),
        ];
        Root = inLayers.GroupBy(item => item.Path.LayersRoot!, StringComparer.Ordinal).MaxBy(group => group.Count())?.Key ?? "model.layers";
        _relative = inLayers.DistinctBy(item => item.Path.Relative).ToFrozenDictionary(item => item.Path.Relative, item => item.Place, StringComparer.Ordinal);
        _containers = _places.Keys.Concat(_relative.Keys).SelectMany(PathPrefixes.Of).ToFrozenSet(StringComparer.Ordinal);
        IsLayerCountKnown = layerCount is not null;
        LayerCount = layerCount ?? inLayers.Where(item => item.Path.LayersRoot == Root).Select(item => item.Path.Layer + 1L).DefaultIfEmpty(0).Max();
    }

    public override string Root { get; }

    public override long LayerCount { get; }

    public override bool IsLayerCountKnown { get; }

    public override bool? HasExperts => _places.Values.Any(place => place.Kind == TargetKind.Switch) ? true : null;

    public override MlxPlace Find(string path) =>
        IsLayerCountKnown && TrySplit(path, out int layer, out _) && layer >= LayerCount ? MlxPlace.Absent : Find(_places, path);

    public override MlxPlace FindRelative(string path) => Find(_relative, path);

    public override bool? HasParameter(string name) => null;

    /// <summary>Whether the adapter has a module of this path below a layer, and none of this full path.</summary>
    public bool HasBelowLayers(string path) => _relative.ContainsKey(path) && !_places.ContainsKey(path);

    private MlxPlace Find(FrozenDictionary<string, MlxPlace> places, string path) =>
        places.TryGetValue(path, out MlxPlace place) ? place
        : _containers.Contains(path) ? MlxPlace.Container
        : IsNorm(path) ? MlxPlace.Fixed("a norm")
        : MlxPlace.Unknown;

    // Embeddings and linear layers have factors alike; stacked experts have a third axis in lora_b.
    private static MlxPlace PlaceOf(MlxPair pair) =>
        new(MlxPlaceState.Unknown, (pair.B ?? pair.A)?.Shape.Rank == 3 ? TargetKind.Switch : TargetKind.Linear);
}
