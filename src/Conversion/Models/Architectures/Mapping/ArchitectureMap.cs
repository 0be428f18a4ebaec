using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>
/// Maps module paths of one architecture between Hugging Face and MLX, both ways. Pure: it speaks of paths, indices and
/// row selections, never of values. Its law: what it says for an adapter commutes with what it says for base weights,
/// which is what mlx-lm 0.32.0 does to them when it loads a model.
/// </summary>
internal sealed class ArchitectureMap
{
    private readonly Finding? _refusal;
    private readonly MappingMemo _memo;
    private readonly HfToMlx _toMlx;

    /// <summary>Makes a map.</summary>
    /// <param name="architecture">The entry.</param>
    /// <param name="config">The base model's configuration; some mappings depend on it, and counts are checked against it.</param>
    /// <param name="allowLowConfidence">Whether entries that were not confirmed may be used.</param>
    public ArchitectureMap(Architecture architecture, BaseConfig? config = null, bool allowLowConfidence = false)
    {
        Architecture = architecture;
        Config = config;
        _refusal = Refusal(architecture, config, allowLowConfidence);
        _memo = MappingMemo.Of(architecture, config);
        _toMlx = new HfToMlx(architecture, config);
    }

    /// <summary>The entry.</summary>
    public Architecture Architecture { get; }

    /// <summary>The base model's configuration, if given.</summary>
    public BaseConfig? Config { get; }

    /// <summary>Where the tensors of a Hugging Face module or parameter go.</summary>
    /// <param name="path">
    /// A module path as PEFT writes it, without <c>base_model.model.</c>, or the full path of a packed parameter, which
    /// <see cref="PackedParametersOf"/> finds; any root that the model type's adapters have.
    /// </param>
    public MlxMapping MapToMlx(string path) =>
        _refusal is null ? _memo.ToMlx(path, _toMlx.Map)
            : new MlxMapping(path) { Gap = MappingGap.RefusedModel, Finding = _refusal with { Subject = path } };

    /// <summary>The Hugging Face counterpart of an MLX module.</summary>
    /// <param name="path">A module path of mlx-lm, mlx-vlm or mlx-swift-lm, from the root of the model.</param>
    /// <param name="layout">Whose names to give; models whose code is not part of transformers have those of transformers 4 only.</param>
    public HfMapping MapToHuggingFace(string path, HfLayout layout) =>
        _refusal is null ? _memo.ToHuggingFace(path, layout, new MlxToHf(Architecture, Config, layout).Map)
            : new HfMapping(path) { Gap = MappingGap.RefusedModel, Finding = _refusal with { Subject = path } };

    /// <summary>
    /// The packed parameters that a key of PEFT's ParamWrapper can stand for, as full paths: none where the module holds no
    /// packed parameters, several where <paramref name="targetParameters"/> do not tell and shapes have to.
    /// </summary>
    /// <param name="modulePath">The module path of the key, with its <c>.base_layer</c> segments.</param>
    /// <param name="wrappers">How many pairs the adapter has for this module.</param>
    /// <param name="targetParameters">The adapter's <c>target_parameters</c>, or <see langword="null"/> where they are unknown.</param>
    public ImmutableArray<string> PackedParametersOf(string modulePath, int wrappers, IReadOnlyCollection<string>? targetParameters) =>
        PackedKeys.Resolve(Architecture, modulePath, wrappers, targetParameters);

    /// <summary>
    /// The packed parameters of a module in the order in which it registers them, as full paths: PEFT nests its wrappers in that order, the first innermost.
    /// </summary>
    /// <param name="owner">The module path, without <c>.base_layer</c>.</param>
    public ImmutableArray<string> RegisteredParametersOf(string owner) => PackedKeys.Registered(Architecture, owner);

    /// <summary>What mlx-lm makes of a tensor of the Hugging Face weight files.</summary>
    /// <param name="name">The tensor's name.</param>
    public TensorMapping MapTensor(string name) =>
        _refusal is null ? new TensorMapper(Architecture, Config).Map(name) : new TensorMapping(name) { Finding = _refusal with { Subject = name } };

    /// <summary>A module's path in mlx-lm, given its path in any MLX program; <see langword="null"/> where it is no module that MLX can adapt.</summary>
    /// <param name="path">A full module path.</param>
    public string? MlxPathOf(string path) => MlxPaths.Resolve(Architecture, path) is not { } address ? null
        : address.Global is not null ? address.Path
        : RuleLookup.KindOf(Architecture, address.Path) is null ? null
        : $"{Architecture.Layers.Mlx}.{address.Layer}.{address.Path}";

    private static Finding? Refusal(Architecture architecture, BaseConfig? config, bool allowLowConfidence)
    {
        foreach (RefusedModel refused in architecture.RefusedModels)
        {
            if (refused.When is null || refused.When.Holds(config, null) == true)
            {
                return ArchitectureCodes.UnsupportedArchitecture.At(architecture.ModelType, refused.Reason);
            }
        }

        return architecture.Confidence == Confidence.Low && !allowLowConfidence
            ? ArchitectureCodes.LowConfidence.At(architecture.ModelType, $"the names of {architecture} were not confirmed against both programs")
            : null;
    }
}
