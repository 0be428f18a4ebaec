using System.Collections.Immutable;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary>Says what a repair does to the tensors of a PEFT file: names only.</summary>
internal static class PeftTensorChanges
{
    public static IEnumerable<RepairChange> Of(AdapterContent content, ImmutableArray<NamedTensor> tensors)
    {
        HashSet<string> names = [.. tensors.Select(tensor => tensor.Name)];
        Dictionary<string, DType> old = content.Weights.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor.DType, StringComparer.Ordinal);
        Dictionary<LazyTensor, string> written = tensors.DistinctBy(tensor => tensor.Tensor).ToDictionary(tensor => tensor.Tensor, tensor => tensor.Name);
        NamedTensor[] changed = [.. content.Weights.Tensors.Where(tensor => !names.Contains(tensor.Name))];
        NamedTensor[] renamed = [.. changed.Where(tensor => written.ContainsKey(tensor.Tensor))];
        if (renamed is [var first, ..])
        {
            yield return new RepairChange(first.Name, "tensor", written[first.Tensor], $"{renamed.Length} tensors under the names that PEFT loads");
        }

        if (changed.FirstOrDefault(tensor => !written.ContainsKey(tensor.Tensor)) is { Name: not null } lost)
        {
            yield return new RepairChange(lost.Name, "tensor", null,
                $"{changed.Length - renamed.Length} tensors that are no part of the adapter, were allowed to be left out, or have rank 0");
        }

        if (names.Count > 0
            && tensors.FirstOrDefault(tensor => old.TryGetValue(tensor.Name, out DType before) && before != tensor.Tensor.DType) is { Tensor: { } cast } other)
        {
            yield return new RepairChange(
                other.Name, old[other.Name].SafetensorsName(), cast.DType.SafetensorsName(), "the same values in a dtype that every reader takes");
        }

        bool isUnread = content.IsNested || content.WeightsFile is not (AdapterFiles.PeftWeights or AdapterFiles.PeftPickle);
        if (isUnread || (changed.Length > 0 && content.WeightsFile != AdapterFiles.PeftWeights))
        {
            yield return new RepairChange("weights file", content.WeightsFile, AdapterFiles.PeftWeights, "tensors are written as safetensors");
        }
    }
}
