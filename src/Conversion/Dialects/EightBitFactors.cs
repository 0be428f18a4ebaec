using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects;

/// <summary>
/// Factors stored as eight-bit floats. Without scales beside them their values are what they are, and bfloat16 holds them exactly; PEFT and vLLM read them so.
/// </summary>
internal static class EightBitFactors
{
    /// <summary>The tensors with eight-bit floats as bfloat16, named in one finding; as they are where a scale may belong to them.</summary>
    public static ImmutableArray<NamedTensor> Widen(ImmutableArray<NamedTensor> tensors, FindingLog log)
    {
        string[] narrow = [.. tensors.Where(tensor => tensor.Tensor.DType.IsEightBitFloat()).Select(tensor => tensor.Name)];
        if (narrow is [] || tensors.Any(tensor => tensor.Name[(tensor.Name.LastIndexOf('.') + 1)..].Contains("scale", StringComparison.OrdinalIgnoreCase)))
        {
            return tensors;
        }

        log.Add(TensorCodes.Widened.At(narrow, "was read as bfloat16"));
        return [.. tensors.Select(tensor => tensor with { Tensor = tensor.Tensor.WidenEightBits() })];
    }
}
