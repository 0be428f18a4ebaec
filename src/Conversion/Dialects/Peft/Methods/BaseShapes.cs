using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>The shapes of the base's weights, where the base was given with them. Only headers are read.</summary>
internal sealed class BaseShapes
{
    private readonly Dictionary<string, TensorShape> _shapes = new(StringComparer.Ordinal);

    private BaseShapes()
    {
    }

    /// <summary>Reads the shapes of modules' weights.</summary>
    /// <param name="baseModel">The base, or <see langword="null"/>.</param>
    /// <param name="paths">The modules.</param>
    /// <param name="log">Takes a finding where the base's file is broken.</param>
    public static BaseShapes Read(BaseModel? baseModel, IEnumerable<string> paths, FindingLog log)
    {
        var shapes = new BaseShapes();
        try
        {
            using BaseWeights? weights = baseModel?.OpenWeights();
            foreach (string path in paths)
            {
                // Packed weights of a quantized base are integers, and their shapes are not the layer's.
                if (weights?.Find(
                    path + ".weight") is { Shape.Rank: 2, DType: DType.F16 or DType.BF16 or DType.F32 or DType.F64 or DType.F8E4M3 or DType.F8E5M2 } weight)
                {
                    shapes._shapes.TryAdd(path, weight.Shape);
                }
            }
        }
        catch (ContainerException broken)
        {
            log.Add(DamagedFile.Describe(broken));
        }

        return shapes;
    }

    /// <summary>A Linear's weight (out, in), or <see langword="null"/>.</summary>
    public TensorShape? Of(string path) => _shapes.TryGetValue(path, out TensorShape shape) ? shape : null;

    /// <summary>
    /// Number of inputs of a module with a known number of outputs; <see langword="null"/> where the base does not tell, -1 where it contradicts.
    /// </summary>
    public long? InputsOf(string path, long outputs) => Of(path) switch
    {
        null => null,
        { } weight when weight[0] == outputs => weight[1],

        // GPT-2's Conv1D keeps its weight as (in, out).
        { } weight when weight[1] == outputs => weight[0],
        _ => -1,
    };
}
