using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Models.Outlines;

/// <summary>A model known from the headers of its weights, in either layout: exactly which modules there are, and their extents.</summary>
internal sealed class WeightsOutline : ModelOutline
{
    private const string Weight = ".weight";

    // The adapters of a batch share their base's weights, of which there are thousands where experts lie one by one.
    private static readonly ConditionalWeakTable<BaseWeightFiles, ConcurrentDictionary<(string ModelType, string Root), WeightsOutline>> Known = [];

    private readonly Dictionary<string, ModelSlot> _places;
    private readonly Dictionary<string, ModelSlot> _relative;
    private readonly HashSet<string> _containers;
    private readonly Dictionary<string, ImmutableArray<long>?> _parameters = new(StringComparer.Ordinal);
    private readonly HashSet<int> _layers;
    private readonly bool _isComplete;
    private readonly bool _hasOthers;

    private WeightsOutline(Architecture architecture, BaseConfig config, BaseWeights weights, string root)
    {
        Root = root;
        var map = new ArchitectureMap(architecture, config, allowLowConfidence: true);
        bool isMlx = BaseLayout.Of(config, weights.SaysMlx, weights.Names, map) == ModelLayout.Mlx;
        foreach (string name in weights.Names)
        {
            LazyTensor tensor = weights.Find(name)!;
            ImmutableArray<TensorTarget> targets = isMlx || IsStacked(architecture, name, tensor) ? [new TensorTarget(InMlxLm(architecture, name), [])]
                : map.MapTensor(name).Targets;
            bool isKnown = HasKnownForm(name, tensor, config);
            foreach (TensorTarget target in targets)
            {
                bool isBias = target.Name.EndsWith(".bias", StringComparison.Ordinal);
                Add(MlxPaths.Rebase(target.Name, architecture.Layers.Mlx, root),
                    isKnown ? StepsOnExtents.Apply(target.Steps, Unpacked(name, tensor, config), isBias) : null);
            }

            bool isWeight = name.EndsWith(Weight, StringComparison.Ordinal) || targets.Any(target => target.Name.EndsWith(Weight, StringComparison.Ordinal));
            IsReadable &= !isWeight || isKnown;
            _hasOthers |= tensor.Shape.Rank >= 2 && TensorName.Parse(architecture, name).Address is null
                && MlxPaths.Resolve(architecture, ModuleOf(name)) is null;
        }

        _places = _parameters.Where(item => item.Key.EndsWith(Weight, StringComparison.Ordinal))
            .ToDictionary(item => ModuleOf(item.Key), item => PlaceOf(architecture, ModuleOf(item.Key), item.Value), StringComparer.Ordinal);
        _relative = _places.Where(item => TrySplit(item.Key, out _, out _))
            .Select(item => (Relative: TrySplit(item.Key, out _, out string relative) ? relative : string.Empty, item.Value))
            .DistinctBy(item => item.Relative).ToDictionary(item => item.Relative, item => item.Value, StringComparer.Ordinal);
        _containers = _places.Keys.Concat(_relative.Keys).SelectMany(PathPrefixes.Of).ToHashSet(StringComparer.Ordinal);
        _layers = [.. _places.Where(item => item.Value.State == SlotState.Adaptable).Select(item => TrySplit(item.Key, out int layer, out _) ? layer : -1)
            .Where(layer => layer >= 0)];
        _isComplete = weights.IsComplete;
        LayerCount = config.LayerCount(architecture)
            ?? _places.Keys.Select(path => TrySplit(path, out int layer, out _) ? layer + 1L : 0).DefaultIfEmpty(0).Max();
    }

    /// <summary>The outline of a base's weights: the same for all that share them.</summary>
    /// <param name="architecture">The entry.</param>
    /// <param name="config">The base's configuration.</param>
    /// <param name="weights">The base's weights.</param>
    /// <param name="root">The layers' path in the reader.</param>
    public static WeightsOutline Of(Architecture architecture, BaseConfig config, BaseWeights weights, string root) => config != weights.Config
        ? new WeightsOutline(architecture, config, weights, root)
        : Known.GetOrAdd(weights.Files, _ => new ConcurrentDictionary<(string, string), WeightsOutline>())
            .GetOrAdd((architecture.ModelType, root), _ => new WeightsOutline(architecture, config, weights, root));

    public override string Root { get; }

    public override long LayerCount { get; }

    public override bool IsLayerCountKnown => true;

    public override bool? HasExperts => _places.Values.Any(place => place is { State: SlotState.Adaptable, Kind: TargetKind.Switch });

    public override bool IsExact => true;

    /// <summary>Whether all sizes could be read; not where weights are packed in a way that the config does not tell.</summary>
    public bool IsReadable { get; } = true;

    /// <summary>Whether the headers showed anything that the table knows, and nothing that is packed in a form which the config does not describe.</summary>
    public bool IsUsable => IsReadable && _relative.Values.Any(place => place.State == SlotState.Adaptable);

    public override ModelSlot Find(string path) => Find(_places, path);

    public override ModelSlot FindRelative(string path) => Find(_relative, path);

    /// <summary>
    /// Whether the base certainly has no such module: all files are there, and its layer has others. Outside the layers a base in another layout may have
    /// a tower under a name of its own, so that there all its weights must be known by their meaning.
    /// </summary>
    public bool Lacks(ModulePath path) => _isComplete && IsReadable && !_places.ContainsKey(path.Text)
        && (path.IsInLayer ? _layers.Contains(path.Layer) : _layers.Count > 0 && !_hasOthers);

    public override bool? HasParameter(string name) => _parameters.ContainsKey(name);

    public override ImmutableArray<long>? ShapeOf(string name) => _parameters.GetValueOrDefault(name);

    // Experts come one by one from the files of transformers: the last one tells how many there are.
    private void Add(string name, ImmutableArray<long>? extents)
    {
        bool isLarger = extents is [var experts, _, _] && _parameters.TryGetValue(name, out ImmutableArray<long>? known) && known is [var other, _, _]
            && experts < other;
        if (!isLarger)
        {
            _parameters[name] = extents;
        }
    }

    private static string ModuleOf(string name) => name[..Math.Max(0, name.LastIndexOf('.'))];

    private static string InMlxLm(Architecture architecture, string name) => MlxPaths.Resolve(architecture, ModuleOf(name)) switch
    {
        null => name,
        { Layer: { } layer } address => $"{architecture.Layers.Mlx}.{layer}.{address.Path}{name[ModuleOf(name).Length..]}",
        var address => address.Path + name[ModuleOf(name).Length..],
    };

    // Stacked experts of an MLX base may be called as the packed parameters of a Hugging Face base are (gpt-oss), but these have no ".weight".
    private static bool IsStacked(Architecture architecture, string name, LazyTensor tensor) =>
        tensor.Shape.Rank == 3 && name.EndsWith(Weight, StringComparison.Ordinal)
        && MlxPaths.Resolve(architecture, ModuleOf(name)) is { Layer: not null } address && RuleLookup.KindOf(architecture, address.Path) == TargetKind.Switch;

    private static long? BitsOf(string name, BaseConfig config) => config.Quantization?.For(ModuleOf(name))?.Bits is long bits and > 0 and <= 32 ? bits : null;

    private static bool HasKnownForm(string name, LazyTensor tensor, BaseConfig config) =>
        tensor.Shape.Rank < 2
            || (tensor.DType == DType.U32 ? BitsOf(name, config) is not null : tensor.DType.IsFactorFloat() || tensor.DType is DType.F8E4M3 or DType.F8E5M2);

    // MLX packs quantized values into 32-bit words along the last axis.
    private static ImmutableArray<long> Unpacked(string name, LazyTensor tensor, BaseConfig config)
    {
        ImmutableArray<long> extents = [.. tensor.Shape.Dimensions];
        bool isPacked = tensor.DType == DType.U32 && extents.Length > 0 && name.EndsWith(Weight, StringComparison.Ordinal);
        return isPacked && BitsOf(name, config) is { } bits ? extents.SetItem(extents.Length - 1, extents[^1] * 32 / bits) : extents;
    }

    private ModelSlot Find(Dictionary<string, ModelSlot> places, string path) =>
        places.TryGetValue(path, out ModelSlot place) ? place : _containers.Contains(path) ? ModelSlot.Container : ModelSlot.Absent;

    private ModelSlot PlaceOf(Architecture architecture, string path, ImmutableArray<long>? shape)
    {
        bool isInLayer = TrySplit(path, out _, out string relative);
        GlobalModule? global = isInLayer ? null : architecture.Globals.FirstOrDefault(
            module => module.Mlx is { } pattern && new PathPattern(MlxPaths.Rebase(pattern.Path, architecture.Layers.Mlx, Root)).TryMatch(path, out _));
        TargetKind? kind = isInLayer ? RuleLookup.KindOf(architecture, relative) : global?.Kind;
        string? reason = !isInLayer ? global?.Refused : kind is null ? RuleLookup.RefusalOf(architecture, relative) : null;
        return reason is not null ? ModelSlot.Fixed(Reasons.Texts[reason])
            : shape is not { } extents ? ModelSlot.Unknown
            : IsNorm(path) || extents.Length is not (2 or 3) ? ModelSlot.Fixed("a norm or another small module")
            : (kind, extents.Length) switch
            {
                (TargetKind.Embedding or TargetKind.Linear, 2) => ModelSlot.Adaptable(kind.Value, new ModuleExtent(null, extents[0], extents[1])),
                (TargetKind.Switch, 3) => ModelSlot.Adaptable(TargetKind.Switch, new ModuleExtent(extents[0], extents[1], extents[2])),
                // Inside the layers the table has every module that can be adapted; outside them are towers that it does not describe.
                (null, 2) when !isInLayer => new ModelSlot(SlotState.Unknown, TargetKind.Linear, extents[1], extents[0]),
                _ => ModelSlot.Fixed("a module that MLX cannot adapt"),
            };
    }
}
