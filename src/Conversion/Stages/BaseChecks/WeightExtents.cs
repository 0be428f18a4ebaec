using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Stages.BaseChecks;

/// <summary>
/// What the headers of a base's weights tell of its modules, by their paths in MLX: weights of MLX as they are, unpacked where they are quantized,
/// weights of transformers by what mlx-lm makes of them.
/// </summary>
internal sealed class WeightExtents
{
    private const string Weight = ".weight";
    private readonly Dictionary<string, ModuleExtent> _extents = new(StringComparer.Ordinal);
    private readonly HashSet<int> _layers = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly bool _isComplete;
    private bool _hasOthers;

    public WeightExtents(BaseWeights weights, ArchitectureMap map)
    {
        foreach (string name in weights.Names)
        {
            AddMlx(name, weights, map);
        }

        foreach (string name in weights.Names)
        {
            _names.Add(name);
            AddTransformers(name, weights.Find(name)!, map);
        }

        _layers.UnionWith(_extents.Keys.Select(ModulePath.Parse).Where(path => path.IsInLayer).Select(path => path.Layer));
        _isComplete = weights.IsComplete;
    }

    /// <summary>Whether some sizes could not be read, because the weights are packed in a way that the config does not tell.</summary>
    public bool HasUnreadable { get; private set; }

    /// <summary>The extent of a module, or <see langword="null"/> where the headers do not tell.</summary>
    public ModuleExtent? Of(string path) => _extents.TryGetValue(path, out ModuleExtent extent) ? extent : null;

    /// <summary>
    /// Whether the base certainly has no such module: all files are there, and its layer has others. Outside the layers a base in another layout may have
    /// a tower under a name of its own, so that there all its weights must be known by their meaning.
    /// </summary>
    public bool Lacks(ModulePath path) => _isComplete && !HasUnreadable && !_extents.ContainsKey(path.Text)
        && (path.IsInLayer ? _layers.Contains(path.Layer) : _layers.Count > 0 && !_hasOthers && !_names.Contains(path.Text + Weight));

    private void AddMlx(string name, BaseWeights weights, ArchitectureMap map)
    {
        if (!name.EndsWith(Weight, StringComparison.Ordinal) || map.MlxPathOf(name[..^Weight.Length]) is not { } path)
        {
            return;
        }

        LazyTensor tensor = weights.Find(name)!;
        string module = name[..^Weight.Length];
        bool packed = tensor.DType == DType.U32;
        long? bits = map.Config?.Quantization?.For(module)?.Bits;
        if (tensor.Shape.Rank is not (2 or 3) || (!packed && !IsFloat(tensor.DType)))
        {
            return;
        }

        if (packed && bits is not > 0)
        {
            HasUnreadable = true;
            return;
        }

        long columns = tensor.Shape[^1];
        Add(path, new ModuleExtent(tensor.Shape.Rank == 3 ? tensor.Shape[0] : null, tensor.Shape[^2], packed ? columns * 32 / bits!.Value : columns));
    }

    private void AddTransformers(string name, LazyTensor tensor, ArchitectureMap map)
    {
        TensorMapping mapping = map.MapTensor(name);
        _hasOthers |= tensor.Shape.Rank >= 2 && TensorName.Parse(map.Architecture, name).Address is null && MlxPaths.Resolve(map.Architecture, Owner(name)) is null;
        if (!mapping.IsExact || tensor.Shape.Rank is not (2 or 3))
        {
            return;
        }

        foreach (TensorTarget target in mapping.Targets.Where(target => target.Name.EndsWith(Weight, StringComparison.Ordinal)))
        {
            if (!IsFloat(tensor.DType))
            {
                HasUnreadable |= tensor.DType != DType.U32;
            }
            else if (After(target.Steps, tensor.Shape) is { } extent)
            {
                Add(target.Name[..^Weight.Length], extent);
            }
        }
    }

    private static string Owner(string name) => name[..Math.Max(name.LastIndexOf('.'), 0)];

    // Experts come one by one from the files of transformers: the last one tells how many there are.
    private void Add(string path, ModuleExtent extent)
    {
        if (!_extents.TryGetValue(path, out ModuleExtent known))
        {
            _extents.Add(path, extent);
        }
        else if (extent.Experts > known.Experts)
        {
            _extents[path] = known with { Experts = extent.Experts };
        }
    }

    private static ModuleExtent? After(IEnumerable<WeightStep> steps, TensorShape shape)
    {
        var extent = new ModuleExtent(shape.Rank == 3 ? shape[0] : null, shape[^2], shape[^1]);
        foreach (WeightStep step in steps)
        {
            switch (step)
            {
                case WeightStep.Transpose:
                    extent = extent with { Rows = extent.Columns, Columns = extent.Rows };
                    break;
                case WeightStep.SelectRows select when select.Rows.Fits(extent.Rows!.Value):
                    extent = extent with { Rows = select.Rows.CountIn(extent.Rows.Value) };
                    break;
                case WeightStep.StackExpert stack:
                    extent = extent with { Experts = stack.Expert + 1 };
                    break;
                case WeightStep.ScaleRows:
                    break;
                default:
                    return null;
            }
        }

        return extent;
    }

    private static bool IsFloat(DType dtype) => dtype.IsFactorFloat() || dtype is DType.F8E4M3 or DType.F8E5M2;
}
