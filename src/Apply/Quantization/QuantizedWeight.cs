using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Quantization;

/// <summary>A weight that MLX quantized: its three tensors.</summary>
/// <param name="Form">How it is quantized.</param>
/// <param name="DType">The dtype of what it expands to: that of its scales, or bfloat16 for the forms whose scales have none (MLX 0.31.2,
/// <c>dequantize</c>).</param>
/// <param name="Shape">The shape of what it expands to.</param>
/// <param name="Packed">The elements, uint32.</param>
/// <param name="Scales">One for each group.</param>
/// <param name="Biases">One for each group; <see langword="null"/> for a form without.</param>
internal sealed record QuantizedWeight(QuantizationForm Form, DType DType, TensorShape Shape, LazyTensor Packed, LazyTensor Scales, LazyTensor? Biases)
{
    /// <summary>Puts the tensors of a module together.</summary>
    /// <param name="packed">Its <c>weight</c>.</param>
    /// <param name="scales">Its <c>scales</c>.</param>
    /// <param name="biases">Its <c>biases</c>, if there are any.</param>
    /// <param name="quantization">What the config says of it.</param>
    /// <param name="problem">What does not fit, where the result is <see langword="null"/>.</param>
    public static QuantizedWeight? TryCreate(LazyTensor packed, LazyTensor? scales, LazyTensor? biases, MlxQuantization? quantization, out string problem)
    {
        problem = string.Empty;
        if (quantization is null || QuantizationForm.TryCreate(quantization) is not { } form)
        {
            problem = quantization is null ? "config.json does not say how it is quantized"
                : $"config.json says {quantization.Mode} with {quantization.Bits} bits in groups of {quantization.GroupSize}, which MLX does not have";
            return null;
        }

        DType dtype = form.HasBiases ? scales?.DType ?? DType.BF16 : DType.BF16;
        if (packed.DType != DType.U32 || packed.Shape.Rank < 2 || scales is null || form.HasBiases != (biases is not null))
        {
            problem = $"{form} needs a uint32 matrix with scales{(form.HasBiases ? " and biases" : " and no biases")}";
            return null;
        }

        long columns = packed.Shape[^1] * 32 / form.Bits;
        var groups = new TensorShape([.. packed.Shape.Dimensions[..^1], columns / form.GroupSize]);
        bool scalesFit = form.HasBiases ? dtype is DType.F32 or DType.F16 or DType.BF16 : scales.DType == DType.U8;
        if (columns % form.GroupSize != 0
            || packed.Shape[^1] * 32 % form.Bits != 0
            || !scalesFit
            || scales.Shape != groups
            || (biases is not null && (biases.Shape != groups || biases.DType != dtype)))
        {
            problem =
                $"weight is {packed.DType.SafetensorsName()} {packed.Shape} and scales are {scales.DType.SafetensorsName()} {scales.Shape}, which is not "
                + $"{form}";
            return null;
        }

        return new QuantizedWeight(form, dtype, new TensorShape([.. packed.Shape.Dimensions[..^1], columns]), packed, scales, biases);
    }
}
