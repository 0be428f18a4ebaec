using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Rules;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Outlines;

/// <summary>
/// The model that PEFT and the servers put an adapter on, in the names of transformers 5: from the table of architectures, with extents where the base's
/// weights are there.
/// </summary>
internal sealed class HfOutline
{
    // More layers than any model has; a hostile config would make the list of modules endless.
    private const long MostLayers = 4096;

    private readonly ArchitectureMap _map;
    private readonly ModelOutline _mlx;

    // A model without a head has no root of its own, and its modules are named without it.
    private readonly bool _isBare;
    private readonly Lazy<ImmutableArray<HfModule>> _modules;

    // The base's layer behind each layer, where layer_replication repeats them.
    private readonly ImmutableArray<int>? _replicated;

    // The adapter's own spelling of the layers' path: the text class of a vision-language model has another than the whole one.
    private readonly string _root;

    private HfOutline(Architecture architecture, BaseConfig? config, ModelOutline mlx, string root, ImmutableArray<int>? replicated = null)
    {
        _root = root;
        _replicated = replicated;
        Architecture = architecture;
        Config = config;
        _map = new ArchitectureMap(architecture, config, allowLowConfidence: true);
        _mlx = mlx;
        _isBare = config?.IsBare == true;
        _modules = new Lazy<ImmutableArray<HfModule>>(() => [.. Enumerate().DistinctBy(module => module.Path)]);
    }

    public Architecture Architecture { get; }

    public BaseConfig? Config { get; }

    /// <summary>Number of layers; as many as the adapter shows where the base was not given.</summary>
    public long LayerCount => _replicated?.Length ?? Math.Min(_mlx.LayerCount, MostLayers);

    /// <summary>Whether the base's own weights tell which layer has which modules; the table of architectures names those of any layer.</summary>
    public bool IsExact => _mlx.IsExact;

    public bool IsLayerCountKnown => _mlx.IsLayerCountKnown;

    /// <summary>Modules and parameters that an adapter can have, as far as the table has them.</summary>
    public ImmutableArray<HfModule> Modules => _modules.Value;

    /// <summary>The outline of a model that the table has.</summary>
    /// <param name="architecture">The entry.</param>
    /// <param name="config">The base's configuration, where it is known.</param>
    /// <param name="weights">The base's weights, where they are there.</param>
    /// <param name="paths">The adapter's module paths, which choose the spelling of the layers' path.</param>
    public static HfOutline Of(Architecture architecture, BaseConfig? config, BaseWeights? weights, IReadOnlyCollection<string> paths)
    {
        long shown = paths.Select(path => HfPaths.Resolve(architecture, path)?.Layer + 1L ?? 0).DefaultIfEmpty(0).Max();
        return new HfOutline(architecture, config, ModelOutline.Of(architecture, config, weights, architecture.Layers.Mlx, shown), RootOf(architecture, paths));
    }

    /// <summary>The model after PEFT repeated its layers (PEFT 0.21, <c>replicate_layers</c>).</summary>
    /// <param name="ranges">The ranges of <c>layer_replication</c>, ends exclusive.</param>
    /// <returns><see langword="null"/> where a range leaves the model.</returns>
    public HfOutline? Replicated(IEnumerable<(long Start, long End)> ranges)
    {
        var layers = ImmutableArray.CreateBuilder<int>();
        foreach ((long start, long end) in ranges)
        {
            if (start < end && (start < -LayerCount || end > LayerCount || end - start + layers.Count > MostLayers))
            {
                return null;
            }

            for (long layer = start; layer < end; layer++)
            {
                layers.Add((int)(layer < 0 ? layer + LayerCount : layer));
            }
        }

        return new HfOutline(Architecture, Config, _mlx, _root, layers.ToImmutable());
    }

    /// <summary>A path with a star for the number of its layer, the same for all layers.</summary>
    public string Layerless(string path) => Split(path) is var (root, _, rest) ? $"{root}.*.{rest}" : path;

    /// <summary>What is at a module path.</summary>
    public HfSlot Find(string path) => InBase(path) is { } own ? FindInBase(own) : HfSlot.Absent;

    // The path in the base; null where no layer of the base stands behind it.
    private string? InBase(string path) =>
        _replicated is not { } layers || Split(path) is not var (root, layer, rest) ? path
        : layer < layers.Length ? $"{root}.{layers[layer]}.{rest}"
        : null;

    private (string Root, int Layer, string Below)? Split(string path)
    {
        foreach (string root in Architecture.Layers.HuggingFace)
        {
            if (HfPaths.TrySplit(path, root, out int layer, out string rest))
            {
                return (root, layer, rest);
            }
        }

        return null;
    }

    /// <summary>
    /// Whether a path is that of experts which the base's config has and the table's entry does not describe: transformers' llama4_text has them, mlx-lm's is
    /// dense.
    /// </summary>
    public bool IsUndescribed(string path) =>
        $".{path}.".Contains(".experts.", StringComparison.Ordinal)
        && !Architecture.Rules.Any(rule => rule is PackedRule or StackRule or ExpertRowsRule)
        && (Config?.GetInteger("num_local_experts") ?? Config?.GetInteger("num_experts") ?? Config?.GetInteger("n_routed_experts")) > 0;

    private HfSlot FindInBase(string path)
    {
        if (IsUndescribed(path))
        {
            return HfSlot.Unknown;
        }

        // Other programs find a module by its meaning; PEFT and the servers by its name alone.
        if (!_isBare && !HfPaths.IsExact(Architecture, path))
        {
            return HfSlot.Absent;
        }

        MlxMapping mapping = _map.MapToMlx(path);
        if (mapping.Gap != MappingGap.None)
        {
            return mapping.Gap.IsAbsent() ? HfSlot.Absent : HfSlot.Unknown;
        }

        ModelSlot[] parts = [.. mapping.Targets.Select(target => _mlx.Find(target.Path))];
        if (parts.Any(part => part.State == SlotState.Absent) && _mlx.IsExact)
        {
            return HfSlot.Absent;
        }

        HfForm form = _map.MapToHuggingFace(mapping.Targets[0].Path, HfLayout.Transformers5) is { Finding: null, Form: HfForm.Parameter } ? HfForm.Parameter
            : mapping.Form;
        long? outputs = parts.All(part => part.Outputs is not null) ? parts.Sum(part => part.Outputs) : null;
        return new HfSlot(false, form, mapping.Targets[0].Kind == TargetKind.Embedding, parts[0].Inputs, outputs);
    }

    /// <summary>The axes of a packed expert parameter, by its full path; <see langword="null"/> where it is none.</summary>
    public PackedParameter? Packed(string parameter) => InBase(parameter) is { } path ? _map.MapToMlx(path).Packed : null;

    /// <summary>
    /// The packed parameters of a module, in the order in which PEFT nests its wrappers, the first innermost: none where the module's layer is beyond the
    /// model's last or has no experts.
    /// </summary>
    public ImmutableArray<string> RegisteredParameters(string owner) => [.. _map.RegisteredParametersOf(owner).Where(parameter => !Find(parameter).IsAbsent)];

    /// <summary>Whether a path names packed parameters of the architecture in a layer that does not have them.</summary>
    public bool LacksParameters(string owner) =>
        _map.RegisteredParametersOf(owner) is { IsEmpty: false } named && named.All(parameter => Find(parameter).IsAbsent);

    /// <summary>The packed parameter of transformers 5 that an old module of one expert became, or <see langword="null"/>.</summary>
    public string? PackedOf(string expertModule) =>
        _map.MapToMlx(expertModule) is { Form: HfForm.PerExpert, Targets: [var target, ..] }
        && _map.MapToHuggingFace(target.Path, HfLayout.Transformers5) is { Finding: null, Form: HfForm.Packed } mapping
            ? mapping.Path
            : null;

    /// <summary>Number of experts, where it is known.</summary>
    public long? ExpertCount => Config?.ExpertCount(Architecture);

    private IEnumerable<HfModule> Enumerate()
    {
        foreach (GlobalModule global in Architecture.Globals)
        {
            yield return new HfModule(
                global.Transformers5.Format(PathIndices.None), HfForm.Module, global.Kind == TargetKind.Embedding, global.Role == ModuleRole.Head);
        }

        string root = Architecture.Layers.Mlx;
        for (int layer = 0; layer < LayerCount; layer++)
        {
            int source = _replicated?[layer] ?? layer;
            foreach (string key in Architecture.Keys.Select(key => key.Path.Path).Where(key => !key.Contains('{')))
            {
                string path = $"{root}.{source}.{key}";
                if (_mlx.Find(path).State == SlotState.Adaptable && _map.MapToHuggingFace(path, HfLayout.Transformers5) is { Finding: null } mapping)
                {
                    yield return new HfModule(InLayer(mapping.Path, layer), mapping.Form, false, false);
                }
            }

            foreach (UnsupportedRule rule in Architecture.Rules.OfType<UnsupportedRule>().Where(rule => rule.Heads is not null))
            {
                yield return new HfModule($"{_root}.{layer}.{rule.Source.Path}", HfForm.Module, false, false);
            }
        }
    }

    private string InLayer(string path, int layer) => Split(path) is var (_, _, rest) ? $"{_root}.{layer}.{rest}" : path;

    private static string RootOf(Architecture architecture, IReadOnlyCollection<string> paths) =>
        architecture.Layers.HuggingFace.Append(architecture.Layers.Transformers5)
            .MaxBy(root => (paths.Count(path => HfPaths.TrySplit(path, root, out _, out _)), root == architecture.Layers.Transformers5))!;
}
