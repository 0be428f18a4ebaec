using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// Tensors of shape (0): under DeepSpeed's ZeRO stage 3 each process holds a part of every parameter, and the parameter itself is empty until the parts are
/// gathered.
/// A saver that does not gather writes it so. Small parameters are kept whole (<c>stage3_param_persistence_threshold</c>), so that some of a file can be there.
/// </summary>
internal static class EmptyPartitions
{
    /// <summary>Names the empty tensors; <see langword="true"/> where there is one.</summary>
    public static bool Report(AdapterContent content, FindingLog log)
    {
        NamedTensor[] empty = [.. content.Weights.Tensors.Where(tensor => IsOne(tensor.Tensor.Shape))];
        if (empty.Length == content.Weights.Tensors.Length && empty is [var first, ..])
        {
            log.Add(TensorCodes.EmptyPartition.At(
                Path.Combine(content.Name, content.WeightsFile), $"all {empty.Length} tensors have the shape {first.Tensor.Shape}, {first.Name} among them"));
            return true;
        }

        foreach (NamedTensor tensor in empty)
        {
            log.Add(TensorCodes.EmptyPartition.At(tensor.Name, $"has the shape {tensor.Tensor.Shape}"));
        }

        return empty.Length > 0;
    }

    /// <summary>Whether a shape is that of a parameter whose parts lie elsewhere. A pruned rank leaves one extent of two, (0, n).</summary>
    public static bool IsOne(TensorShape shape) => shape is { Rank: 1, ElementCount: 0 };
}
