using System.Collections.Immutable;
using Transfuse.Apply.Fusing.Models;
using Transfuse.Apply.Quantization;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Fusing.Placing;

/// <summary>Finds the base's weight of a name: as it is written, under another root, or under the name that means the same to MLX.</summary>
internal sealed class WeightLookup
{
    private const string Root = "model.";

    // mlx-vlm holds every language model below this, mlx-lm some.
    private const string LanguageModel = "language_model.";
    private const string Weight = ".weight";
    private readonly ModelFolder _folder;
    private readonly ArchitectureMap? _map;
    private readonly Lazy<Dictionary<string, string?>> _byMeaning;
    private readonly Dictionary<string, long> _rows = new(StringComparer.Ordinal);

    public WeightLookup(ModelFolder folder, ArchitectureMap? map)
    {
        _folder = folder;
        _map = map;
        Layout = BaseLayout.Of(
            folder.Model.Config, folder.Shards.Any(shard => shard.File.Metadata?.GetValueOrDefault("format") == "mlx"), folder.Names, map);
        _byMeaning = new Lazy<Dictionary<string, string?>>(ByMeaning);
    }

    /// <summary>Whose names the base's tensors have.</summary>
    public ModelLayout Layout { get; }

    /// <summary>Whether MLX quantized the base.</summary>
    public bool IsQuantized => _folder.Model.Config.Quantization is not null && _folder.Names.Any(IsQuantizedWeight);

    /// <summary>The base's own name of a tensor, or <see langword="null"/>.</summary>
    public string? Find(string name) => Known(name) ?? (Layout == ModelLayout.Mlx ? Known(WithOther(LanguageModel, name)) : null);

    /// <summary>The logical shape of a weight: unpacked where it is quantized, and with the rows that it gets.</summary>
    public TensorShape ShapeOf(string name) => _rows.TryGetValue(name, out long rows) ? new TensorShape(rows, StoredShapeOf(name)[1]) : StoredShapeOf(name);

    /// <summary>Whether a weight gets another number of rows than the base has.</summary>
    public bool IsResized(string name) => _rows.ContainsKey(name) && ShapeOf(name) != StoredShapeOf(name);

    /// <summary>Gives a matrix another number of rows, which every change after this one has.</summary>
    public void Resize(string name, long rows) => _rows[name] = rows;

    /// <summary>Whether a tensor is the packed part of a quantized weight.</summary>
    public bool IsQuantizedWeight(string name) =>
        name.EndsWith(Weight, StringComparison.Ordinal) && _folder.Find(name)?.DType == DType.U32 && _folder.Find(ModuleOf(name) + ".scales") is not null;

    /// <summary>A quantized weight, or <see langword="null"/> with what does not fit.</summary>
    public QuantizedWeight? Quantized(string name, out string problem)
    {
        problem = string.Empty;
        if (!IsQuantizedWeight(name))
        {
            return null;
        }

        string module = ModuleOf(name);
        MlxQuantization? quantization = _folder.Model.Config.Quantization?.For(module);
        return QuantizedWeight.TryCreate(_folder.Find(name)!, _folder.Find(module + ".scales"), _folder.Find(module + ".biases"), quantization, out problem);
    }

    /// <summary>Whether transformers keeps a weight as (in, out), as in GPT-2's Conv1D; <see langword="null"/> where no table tells.</summary>
    public bool? IsTransposed(string name) => Layout == ModelLayout.Mlx ? false
        : _map?.MapTensor(name) is { IsExact: true, Targets: [var target, ..] }
            ? target.Steps.Any(step => step is ModuleStep.Transpose or ModuleStep.Pack { Layout: PackedLayout.InOut })
        : null;

    private TensorShape StoredShapeOf(string name) => Quantized(name, out _)?.Shape ?? _folder.Find(name)!.Shape;

    /// <summary>A tensor's name without its last segment.</summary>
    public static string ModuleOf(string name) => name[..Math.Max(0, name.LastIndexOf('.'))];

    private string? Known(string name)
    {
        string other = WithOther(Root, name);
        return _folder.Find(name) is not null ? name
            : _folder.Find(other) is not null ? other
            : Meaning(name) is { } meaning ? _byMeaning.Value.GetValueOrDefault(meaning) : null;
    }

    private static string WithOther(string root, string name) => name.StartsWith(root, StringComparison.Ordinal) ? name[root.Length..] : root + name;

    private Dictionary<string, string?> ByMeaning()
    {
        var names = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (string name in _folder.Names)
        {
            if (Meaning(name) is { } meaning && !names.TryAdd(meaning, name))
            {
                names[meaning] = null;
            }
        }

        return names;
    }

    // The name of the one tensor in MLX that a tensor is as a whole.
    private string? Meaning(string name)
    {
        if (_map is null)
        {
            return null;
        }

        if (Layout == ModelLayout.Mlx)
        {
            string module = ModuleOf(name);
            return _map.MlxPathOf(module) is { } path ? path + name[module.Length..] : null;
        }

        ImmutableArray<TensorTarget> targets = _map.MapTensor(name).Targets;
        return targets is [var only] && only.Steps.All(step => step is ModuleStep.Transpose or ModuleStep.Pack or ModuleStep.ScaleRows) ? only.Name : null;
    }
}
