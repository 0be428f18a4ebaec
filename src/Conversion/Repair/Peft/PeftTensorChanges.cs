using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Repair.Peft;

/// <summary>Says what a repair does to the tensors of a PEFT file: names only.</summary>
internal static class PeftTensorChanges
{
    public static IEnumerable<RepairChange> Of(AdapterContent content, ImmutableArray<NamedTensor> tensors)
    {
        HashSet<string> names = [.. tensors.Select(tensor => tensor.Name)];
        Dictionary<LazyTensor, string> written = tensors.DistinctBy(tensor => tensor.Tensor).ToDictionary(tensor => tensor.Tensor, tensor => tensor.Name);
        NamedTensor[] changed = [.. content.Weights.Tensors.Where(tensor => !names.Contains(tensor.Name))];
        NamedTensor[] renamed = [.. changed.Where(tensor => written.ContainsKey(tensor.Tensor))];
        if (renamed is [var first, ..])
        {
            yield return new RepairChange(first.Name, "tensor", written[first.Tensor], $"{renamed.Length} tensors under the names that PEFT loads");
        }

        if (changed.FirstOrDefault(tensor => !written.ContainsKey(tensor.Tensor)) is { Name: not null } lost)
        {
            yield return new RepairChange(lost.Name, "tensor", null, $"{changed.Length - renamed.Length} tensors that were allowed to be left out, or of rank 0");
        }

        if (changed.Length > 0 && content.WeightsFile != AdapterFiles.PeftWeights)
        {
            yield return new RepairChange("weights file", content.WeightsFile, AdapterFiles.PeftWeights, "tensors are written as safetensors");
        }
    }
}
