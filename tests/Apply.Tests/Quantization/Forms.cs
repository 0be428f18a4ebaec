using Transfuse.Apply.Quantization;
using Transfuse.Formats.Tensors;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Quantization;

/// <summary>Calls of the quantizer with arrays.</summary>
internal static class Forms
{
    public static QuantizationForm Of(MlxForm form) => QuantizationForm.TryCreate(form.Mode, form.Group, form.Bits)!;

    public static (byte[] Packed, byte[] Scales, byte[] Biases) Quantize(QuantizationForm form, DType dtype, float[] values)
    {
        int groups = values.Length / form.GroupSize;
        byte[] packed = new byte[groups * form.GroupBytes];
        byte[] scales = new byte[groups * form.ScaleBytes(dtype)];
        byte[] biases = new byte[form.HasBiases ? scales.Length : 0];
        Transfuse.Apply.Quantization.MlxQuantizer.Run(form, dtype, values, packed, scales, biases);
        return (packed, scales, biases);
    }

    public static float[] Dequantize(QuantizationForm form, DType dtype, byte[] packed, byte[] scales, byte[] biases)
    {
        float[] values = new float[packed.Length / form.GroupBytes * form.GroupSize];
        MlxDequantizer.Run(form, dtype, packed, scales, biases, values);
        return values;
    }
}
