using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Apply.Quantization;

/// <summary>
/// MLX's <c>quantize</c> as its CPU computes it (0.31.2), bit for bit. Its Metal and CUDA kernels differ in details (where all elements of a group
/// are negative, and in ties), so files written there are not reproduced to the bit.
/// </summary>
internal static class MlxQuantizer
{
    /// <summary>Quantizes whole groups of a row, or of several rows that follow one another.</summary>
    /// <param name="form">How to quantize.</param>
    /// <param name="dtype">The dtype of the weights, which an affine form's scales and biases have too: float32, float16 or bfloat16.</param>
    /// <param name="values">Finite values of the dtype, as float32.</param>
    /// <param name="packed">The elements, <see cref="QuantizationForm.GroupBytes"/> a group.</param>
    /// <param name="scales">One a group.</param>
    /// <param name="biases">One a group; empty for a form without.</param>
    /// <exception cref="ArgumentException">Lengths do not fit one another.</exception>
    public static void Run(QuantizationForm form, DType dtype, ReadOnlySpan<float> values, Span<byte> packed, Span<byte> scales, Span<byte> biases)
    {
        GroupSpans.Require(form, dtype, values.Length, packed.Length, scales.Length, biases.Length);
        int scaleBytes = form.ScaleBytes(dtype);
        while (!values.IsEmpty)
        {
            ReadOnlySpan<float> group = values[..form.GroupSize];
            Span<byte> codes = packed[..form.GroupBytes];
            switch (form.Mode)
            {
                case QuantizationMode.Affine:
                    (float scale, float bias) = AffineGroup.Quantize(group, form.Bits, codes);
                    Store(scale, dtype, scales[..scaleBytes]);
                    Store(bias, dtype, biases[..scaleBytes]);
                    biases = biases[scaleBytes..];
                    break;
                case QuantizationMode.NvFp4:
                    scales[0] = FloatGroup.QuantizeNvFp4(group, dtype, codes);
                    break;
                default:
                    scales[0] = FloatGroup.QuantizeMx(group, form.Bits, dtype, codes);
                    break;
            }

            values = values[form.GroupSize..];
            packed = packed[form.GroupBytes..];
            scales = scales[scaleBytes..];
        }
    }

    private static void Store(float value, DType dtype, Span<byte> destination) =>
        FloatConversion.Run(DType.F32, MemoryMarshal.AsBytes(new ReadOnlySpan<float>(ref value)), dtype, destination);
}
