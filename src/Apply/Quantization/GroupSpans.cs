using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Quantization;

/// <summary>The check that spans of elements, codes, scales and biases belong to the same whole groups.</summary>
internal static class GroupSpans
{
    /// <exception cref="ArgumentException">They do not, or MLX does not compute in the dtype.</exception>
    public static void Require(QuantizationForm form, DType dtype, int elements, int packed, int scales, int biases)
    {
        if (dtype is not (DType.F32 or DType.F16 or DType.BF16))
        {
            throw new ArgumentException($"MLX does not quantize {dtype.SafetensorsName()}.", nameof(dtype));
        }

        (int groups, int rest) = Math.DivRem(elements, form.GroupSize);
        int scaleBytes = groups * form.ScaleBytes(dtype);
        if (rest != 0 || packed != groups * form.GroupBytes || scales != scaleBytes || biases != (form.HasBiases ? scaleBytes : 0))
        {
            throw new ArgumentException(
                $"{elements} elements of {form} do not go with {packed} packed bytes, {scales} bytes of scales and {biases} of biases.", nameof(elements));
        }
    }
}
