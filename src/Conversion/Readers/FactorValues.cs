using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers;

/// <summary>
/// A look at the values of a file's factors, which readers take as they are: second factors that are zero change nothing, and NaN computes NaN.
/// </summary>
internal static class FactorValues
{
    // The last segment that tells, in every dialect: PEFT's with and without .weight, MLX's, and mlx-vlm's old one.
    private static readonly string[] Firsts = ["lora_A", "lora_embedding_A", "lora_a", "A"];
    private static readonly string[] Seconds = ["lora_B", "lora_embedding_B", "lora_b", "B"];

    /// <summary>
    /// Reports tensors with NaN or infinity, and a file whose second factors are all zero; DoRA's magnitudes set norms whatever the factors are.
    /// </summary>
    public static void Check(CheckContext context, ITensorContainer tensors)
    {
        foreach (NamedTensor tensor in tensors.Tensors.Where(tensor => tensor.Tensor.DType.IsFactorFloat()
            && !TensorProbe.IsFinite(tensor.Tensor, context.CancellationToken)))
        {
            context.Report(CheckCodes.ScaleMisread, tensor.Name, "holds NaN or infinity, so that the model computes infinity or NaN");
        }

        NamedTensor[] seconds = [.. tensors.Tensors.Where(tensor => tensor.Name.Split('.').Any(Seconds.Contains))];
        bool hasOthers = tensors.Tensors.Any(tensor => !tensor.Name.Split('.').Any(segment => Firsts.Contains(segment) || Seconds.Contains(segment)));
        if (seconds is not [] && !hasOthers && Array.TrueForAll(seconds, tensor => TensorProbe.IsAllZero(tensor.Tensor, context.CancellationToken)))
        {
            context.Report(CheckCodes.NoEffect, $"{seconds.Length} modules", "every second factor is zero, so nothing is added to the model");
        }
    }
}
