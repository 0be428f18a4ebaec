using System.Collections.Immutable;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects.Mlx.Mending;

/// <summary>Says what a repair does to tensors and to their file.</summary>
internal static class MlxTensorChanges
{
    public static IEnumerable<RepairChange> Of(AdapterContent content, Adapter before, Adapter after, ImmutableArray<NamedTensor> tensors)
    {
        ImmutableArray<NamedTensor> source = content.Weights.Tensors;
        string file = content.WeightsFile;
        if (file != AdapterFiles.MlxWeights)
        {
            yield return new RepairChange("weights file", file, AdapterFiles.MlxWeights, "the only name and form that current readers open");
        }

        Dictionary<string, LazyTensor> old = source.ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor, StringComparer.Ordinal);
        NamedTensor[] reshaped =
            [.. tensors.Where(tensor => tensor.Tensor.Shape.Rank == 3 && old.TryGetValue(tensor.Name, out LazyTensor? flat) && flat.Shape.Rank == 2)];
        if (reshaped is [var first, ..])
        {
            yield return new RepairChange(
                first.Name, old[first.Name].Shape.ToString(), first.Tensor.Shape.ToString(),
                $"{reshaped.Length} factors of experts in the shape that readers take since mlx-lm 0.28.3, the same bytes");
        }

        MlxTensorName[] names = [.. source.Select(tensor => MlxTensorName.Parse(tensor.Name))];
        if (names.Any(name => name.Form == MlxFactorForm.Legacy))
        {
            yield return new RepairChange("tensor names", "A, B", "lora_a, lora_b", "their names since mlx-vlm 0.6");
        }

        if (names.Any(name => name.Form == MlxFactorForm.Layers))
        {
            yield return new RepairChange(
                "tensor names", "lora_a.weight, lora_b.weight", "lora_a, lora_b", "readers take factors that are no layers, transposed");
        }

        AdapterModule[] padded = [.. before.Modules.Where(module => module.Rank != after.Modules[0].Rank)];
        if (padded is [var smaller, ..])
        {
            yield return new RepairChange(smaller.SourcePath, $"rank {smaller.Rank}", $"rank {after.Modules[0].Rank}",
                $"{padded.Length} modules padded with zeros: mlx-lm 0.32 takes one rank");
        }

        if (source.Any(tensor => tensor.Tensor.DType == DType.F64))
        {
            yield return new RepairChange("dtype", "float64", "float32", "MLX reads no float64");
        }

        if (source.Any(tensor => tensor.Tensor.DType.IsEightBitFloat()))
        {
            yield return new RepairChange("dtype", "eight-bit floats", "bfloat16", "the same values; MLX reads eight-bit floats as integers");
        }

        HashSet<string> modules = [.. names.Select(name => name.Module)];
        if (before.Modules.Any(module => !modules.Contains(module.SourcePath)))
        {
            yield return new RepairChange("tensor names", source[0].Name, tensors[0].Name, "without what a wrapper or PEFT put before them");
        }

        string[] left = [.. source.Select(tensor => tensor.Name).Except(tensors.Select(tensor => tensor.Name))
            .Where(name => MlxTensorName.Parse(name).Form == MlxFactorForm.Parameters)];
        if (left is [var lost, ..])
        {
            yield return new RepairChange(lost, "tensor", null, $"{left.Length} tensors that were allowed to be left out, or of rank 0");
        }
    }
}
