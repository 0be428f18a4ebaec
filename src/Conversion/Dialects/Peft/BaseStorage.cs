using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// What a live model keeps of its base, and a state dict saved by hand holds beside the adapter: the originals of replaced modules
/// (PEFT's <c>original_module</c>), and weights quantized by bitsandbytes with the tensors that describe them. None is a part of the adapter.
/// </summary>
internal static class BaseStorage
{
    private const string Original = "original_module";

    // bitsandbytes 0.49: what Params4bit and Int8Params save beside a weight.
    private static readonly string[] Descriptions = ["absmax", "quant_map", "nested_absmax", "nested_quant_map", "SCB", "weight_format"];

    /// <summary>The tensors without those of the base, which one finding names.</summary>
    public static ImmutableArray<NamedTensor> LeaveOut(ImmutableArray<NamedTensor> tensors, FindingLog log)
    {
        HashSet<string> quantized = [.. tensors.Select(tensor => DescribedBy(tensor.Name)).OfType<string>()];
        string[] left = [.. tensors.Where(tensor => IsStorage(tensor, quantized)).Select(tensor => tensor.Name)];
        if (left is [])
        {
            return tensors;
        }

        log.Add(TensorCodes.BaseStorage.At(left, $"is the base's{(quantized.Count > 0 ? ", as bitsandbytes stores it," : string.Empty)} and was left out"));
        HashSet<string> names = [.. left];
        return [.. tensors.Where(tensor => !names.Contains(tensor.Name))];
    }

    private static bool IsStorage(NamedTensor tensor, HashSet<string> quantized) => TensorNames.HasSegment(tensor.Name, Original)
        || tensor.Name.StartsWith(Original + ".", StringComparison.Ordinal)
        || DescribedBy(tensor.Name) is not null
        || (quantized.Contains(tensor.Name) && tensor.Tensor.DType is DType.U8 or DType.I8);

    // The weight that a tensor of bitsandbytes describes, or null. SCB and weight_format stand beside the weight, the others below it.
    private static string? DescribedBy(string name)
    {
        int state = name.IndexOf(".quant_state.bitsandbytes__", StringComparison.Ordinal);
        if (state > 0)
        {
            return name[..state];
        }

        int dot = name.LastIndexOf('.');
        ReadOnlySpan<char> leaf = name.AsSpan(dot + 1);
        return dot <= 0 || !IsDescription(leaf) ? null
            : leaf is "SCB" or "weight_format" ? name[..dot] + ".weight"
            : name.AsSpan(0, dot).EndsWith(".weight") ? name[..dot] : null;
    }

    private static bool IsDescription(ReadOnlySpan<char> leaf)
    {
        foreach (string description in Descriptions)
        {
            if (leaf.SequenceEqual(description))
            {
                return true;
            }
        }

        return false;
    }
}
