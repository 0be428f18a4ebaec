using Transfuse.Conversion.Models.Architectures;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Models.Outlines;

/// <summary>A model known from the adapter alone: it has what the adapter has, and as many layers as the adapter shows.</summary>
internal sealed class AdapterOutline : ModelOutline
{
    private readonly Dictionary<string, ModelSlot> _places;
    private readonly Dictionary<string, ModelSlot> _relative;
    private readonly HashSet<string> _containers;

    /// <summary>Makes the outline.</summary>
    /// <param name="modules">The adapter's modules, and whether they hold stacked experts.</param>
    /// <param name="layerCount">Number of layers, where the base tells.</param>
    public AdapterOutline(IEnumerable<(string Path, bool IsStacked)> modules, long? layerCount = null)
    {
        _places = modules.ToDictionary(
            module => module.Path, module =>
                new ModelSlot(SlotState.Unknown, module.IsStacked ? TargetKind.Switch : TargetKind.Linear), StringComparer.Ordinal);
        (ModulePath Path, ModelSlot Place)[] inLayers =
        [
            .. _places.Select(item => (ModulePath.TryParse(item.Key, out ModulePath path) ? path : default, item.Value)).Where(item => item.Item1.IsInLayer),
        ];
        Root = inLayers.GroupBy(item => item.Path.LayersRoot!, StringComparer.Ordinal).MaxBy(group => group.Count())?.Key ?? "model.layers";
        _relative = inLayers.DistinctBy(item => item.Path.Relative).ToDictionary(item => item.Path.Relative, item => item.Place, StringComparer.Ordinal);
        _containers = _places.Keys.Concat(_relative.Keys).SelectMany(PathPrefixes.Of).ToHashSet(StringComparer.Ordinal);
        IsLayerCountKnown = layerCount is not null;
        LayerCount = layerCount ?? inLayers.Where(item => item.Path.LayersRoot == Root).Select(item => item.Path.Layer + 1L).DefaultIfEmpty(0).Max();
    }

    public override string Root { get; }

    public override long LayerCount { get; }

    public override bool IsLayerCountKnown { get; }

    public override bool? HasExperts => _places.Values.Any(place => place.Kind == TargetKind.Switch) ? true : null;

    public override ModelSlot Find(string path) =>
        IsLayerCountKnown && TrySplit(path, out int layer, out _) && layer >= LayerCount ? ModelSlot.Absent : Find(_places, path);

    public override ModelSlot FindRelative(string path) => Find(_relative, path);

    public override bool? HasParameter(string name) => null;

    /// <summary>Whether the adapter has a module of this path below a layer, and none of this full path.</summary>
    public bool HasBelowLayers(string path) => _relative.ContainsKey(path) && !_places.ContainsKey(path);

    private ModelSlot Find(Dictionary<string, ModelSlot> places, string path) =>
        places.TryGetValue(path, out ModelSlot place) ? place
        : _containers.Contains(path) ? ModelSlot.Container
        : IsNorm(path) ? ModelSlot.Fixed("a norm")
        : ModelSlot.Unknown;
}
