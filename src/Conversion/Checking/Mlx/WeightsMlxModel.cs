using System.Collections.Frozen;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Checking.Mlx;

/// <summary>A model known from the headers of its weights, in either layout: exactly which modules there are, and their extents.</summary>
internal sealed class WeightsMlxModel : MlxModel
{
    private const string Weight = ".weight";
    private readonly FrozenDictionary<string, MlxPlace> _places;
    private readonly FrozenDictionary<string, MlxPlace> _relative;
    private readonly FrozenSet<string> _containers;
    private readonly FrozenDictionary<string, IReadOnlyList<long>> _parameters;
    private readonly bool _isReadable;

    public WeightsMlxModel(Architecture architecture, BaseConfig config, BaseWeights weights, string root)
    {
        Root = root;
        Dictionary<string, IReadOnlyList<long>> shapes = MlxWeightShapes.Of(architecture, config, weights, root);
        _parameters = shapes.ToFrozenDictionary(StringComparer.Ordinal);
        _places = shapes.Where(item => item.Key.EndsWith(Weight, StringComparison.Ordinal))
            .ToFrozenDictionary(item => item.Key[..^Weight.Length], item => PlaceOf(architecture, item.Key[..^Weight.Length], item.Value), StringComparer.Ordinal);
        _relative = _places.Where(item => TrySplit(item.Key, out _, out _))
            .Select(item => (Relative: TrySplit(item.Key, out _, out string relative) ? relative : string.Empty, item.Value))
            .DistinctBy(item => item.Relative).ToFrozenDictionary(item => item.Relative, item => item.Value, StringComparer.Ordinal);
        _containers = _places.Keys.Concat(_relative.Keys).SelectMany(PathPrefixes.Of).ToFrozenSet(StringComparer.Ordinal);
        _isReadable = weights.Names.Where(name => name.EndsWith(Weight, StringComparison.Ordinal)).All(name => IsReadable(name, weights.Find(name)!, config));
        LayerCount = config.LayerCount(architecture) ?? _places.Keys.Select(path => TrySplit(path, out int layer, out _) ? layer + 1L : 0).DefaultIfEmpty(0).Max();
    }

    public override string Root { get; }

    public override long LayerCount { get; }

    public override bool IsLayerCountKnown => true;

    public override bool? HasExperts => _places.Values.Any(place => place is { State: MlxPlaceState.Adaptable, Kind: TargetKind.Switch });

    /// <summary>Whether the headers showed anything that the table knows, and nothing that is packed in a form which the config does not describe.</summary>
    public bool IsUsable => _isReadable && _relative.Values.Any(place => place.State == MlxPlaceState.Adaptable);

    public override MlxPlace Find(string path) => Find(_places, path);

    public override MlxPlace FindRelative(string path) => Find(_relative, path);

    public override bool? HasParameter(string name) => _parameters.ContainsKey(name);

    public override IReadOnlyList<long>? ShapeOf(string name) => _parameters.GetValueOrDefault(name);

    private static bool IsReadable(string name, LazyTensor tensor, BaseConfig config) => tensor.DType == DType.U32
        ? config.Quantization?.For(name[..^Weight.Length])?.Bits is > 0
        : tensor.DType is not (DType.U8 or DType.I8) || tensor.Shape.Rank < 2;

    private MlxPlace Find(FrozenDictionary<string, MlxPlace> places, string path) =>
        places.TryGetValue(path, out MlxPlace place) ? place : _containers.Contains(path) ? MlxPlace.Container : MlxPlace.Absent;

    private MlxPlace PlaceOf(Architecture architecture, string path, IReadOnlyList<long> shape)
    {
        TargetKind? kind;
        string? reason = null;
        if (TrySplit(path, out _, out string relative))
        {
            kind = RuleLookup.KindOf(architecture, relative);
            reason = RuleLookup.RefusalOf(architecture, relative);
        }
        else
        {
            GlobalModule? global = architecture.Globals.FirstOrDefault(
                module => module.Mlx is { } pattern && new PathPattern(MlxPaths.Rebase(pattern.Path, architecture.Layers.Mlx, Root)).TryMatch(path, out _));
            kind = global?.Kind;
            reason = global?.Refused;
        }

        return reason is not null && kind is null ? MlxPlace.Fixed(Reasons.Texts[reason])
            : IsNorm(path) || shape.Count is not (2 or 3) ? MlxPlace.Fixed("a norm or another small module")
            : (kind, shape.Count) switch
            {
                (TargetKind.Embedding, 2) => new MlxPlace(MlxPlaceState.Adaptable, TargetKind.Embedding, shape[0], shape[1]),
                (TargetKind.Switch, 3) => new MlxPlace(MlxPlaceState.Adaptable, TargetKind.Switch, shape[2], shape[1], shape[0]),
                (TargetKind.Linear, 2) => new MlxPlace(MlxPlaceState.Adaptable, TargetKind.Linear, shape[1], shape[0]),

                // Inside the layers the table has every module that can be adapted; outside them are towers that it does not describe.
                (null, 2) when !TrySplit(path, out _, out _) => new MlxPlace(MlxPlaceState.Unknown, TargetKind.Linear, shape[1], shape[0]),
                _ => MlxPlace.Fixed("a module that MLX cannot adapt"),
            };
    }
}
