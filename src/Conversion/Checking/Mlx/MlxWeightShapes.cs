using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Checking.Mlx;

/// <summary>Names and logical extents of an MLX model's parameters, from the headers of a base in either layout: what mlx-lm's <c>sanitize</c> makes of them, without the values.</summary>
internal static class MlxWeightShapes
{
    private const string Weight = ".weight";

    /// <summary>The extents by parameter name; those of quantized weights as if they were not packed.</summary>
    public static Dictionary<string, IReadOnlyList<long>> Of(Architecture architecture, BaseConfig config, BaseWeights weights, string root)
    {
        var map = new ArchitectureMap(architecture, config, allowLowConfidence: true);
        var shapes = new Dictionary<string, IReadOnlyList<long>>(StringComparer.Ordinal);
        foreach (string name in weights.Names)
        {
            IReadOnlyList<long> shape = Unpacked(name, weights, config);
            if (IsStacked(architecture, name, shape))
            {
                shapes[MlxPaths.Rebase(name, architecture.Layers.Mlx, root)] = shape;
                continue;
            }

            foreach (TensorTarget target in map.MapTensor(name).Targets)
            {
                string path = MlxPaths.Rebase(target.Name, architecture.Layers.Mlx, root);
                List<long> mapped = Apply(shape, target.Steps);
                shapes[path] = shapes.TryGetValue(path, out IReadOnlyList<long>? other) && other.Count == mapped.Count && mapped.Count == 3
                    ? [Math.Max(other[0], mapped[0]), .. mapped.Skip(1)]
                    : mapped;
            }
        }

        return shapes;
    }

    // Stacked experts of an MLX base may be called as the packed parameters of a Hugging Face base are (gpt-oss), but these have no ".weight".
    private static bool IsStacked(Architecture architecture, string name, IReadOnlyList<long> shape) =>
        shape.Count == 3 && name.EndsWith(Weight, StringComparison.Ordinal)
        && MlxPaths.Resolve(architecture, name[..^Weight.Length]) is { Layer: not null } address && RuleLookup.KindOf(architecture, address.Path) == TargetKind.Switch;

    // MLX packs quantized values into 32-bit words along the last axis.
    private static IReadOnlyList<long> Unpacked(string name, BaseWeights weights, BaseConfig config)
    {
        IReadOnlyList<long> shape = weights.Find(name)!.Shape.Dimensions;
        if (!name.EndsWith(Weight, StringComparison.Ordinal) || shape.Count == 0)
        {
            return shape;
        }

        string module = name[..^Weight.Length];
        bool packed = weights.Find(name)!.DType == DType.U32 && weights.Find(module + ".scales") is not null;
        return packed && config.Quantization?.For(module)?.Bits is long bits and > 0 and <= 32 ? [.. shape.SkipLast(1), shape[^1] * 32 / bits] : shape;
    }

    private static List<long> Apply(IReadOnlyList<long> shape, IEnumerable<WeightStep> steps)
    {
        List<long> result = [.. shape];
        foreach (WeightStep step in steps)
        {
            switch (step)
            {
                case WeightStep.Transpose when result.Count >= 2:
                    (result[^1], result[^2]) = (result[^2], result[^1]);
                    break;
                case WeightStep.SelectRows { Rows: var rows } when result.Count >= 1:
                    int axis = result.Count >= 2 ? result.Count - 2 : 0;
                    result[axis] = rows.Fits(result[axis]) ? rows.CountIn(result[axis]) : result[axis];
                    break;
                case WeightStep.StackExpert stack:
                    result.Insert(0, stack.Expert + 1L);
                    break;
                default:
                    break;
            }
        }

        return result;
    }
}
