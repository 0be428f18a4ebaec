using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Apply.Quantization;

/// <summary>MLX's <c>dequantize</c> as its CPU computes it (0.31.2), bit for bit: each operation rounds to the dtype of the result.</summary>
internal static class MlxDequantizer
{
    // Up to this many bits, a table of what each code means costs less than the arithmetic on every element.
    private const int TableBits = 4;
    private const int GroupsAtOnce = 64;
    private static readonly float[] Integers = [.. Enumerable.Range(0, 256).Select(code => (float)code)];
    private static readonly float[] SmallFloats = [.. Enumerable.Range(0, 256).Select(code => E4M3.Decode((byte)code))];

    /// <summary>Expands whole groups of a row, or of several rows that follow one another.</summary>
    /// <param name="form">How they are quantized.</param>
    /// <param name="dtype">The dtype of the result, which that of an affine form's scales and biases is too: float32, float16 or bfloat16.</param>
    /// <param name="packed">The elements, <see cref="QuantizationForm.GroupBytes"/> a group.</param>
    /// <param name="scales">One a group.</param>
    /// <param name="biases">One a group; empty for a form without.</param>
    /// <param name="destination">Values of the dtype, as float32.</param>
    /// <exception cref="ArgumentException">Lengths do not fit one another.</exception>
    public static void Run(
        QuantizationForm form, DType dtype, ReadOnlySpan<byte> packed, ReadOnlySpan<byte> scales, ReadOnlySpan<byte> biases, Span<float> destination)
    {
        GroupSpans.Require(form, dtype, destination.Length, packed.Length, scales.Length, biases.Length);
        Span<float> scaleValues = stackalloc float[GroupsAtOnce];
        Span<float> biasValues = stackalloc float[GroupsAtOnce];
        biasValues.Clear();
        while (!destination.IsEmpty)
        {
            int groups = Math.Min(GroupsAtOnce, destination.Length / form.GroupSize);
            int scaleBytes = groups * form.ScaleBytes(dtype);
            ReadScales(form, dtype, scales[..scaleBytes], scaleValues[..groups]);
            if (form.HasBiases)
            {
                FloatConversion.Run(dtype, biases[..scaleBytes], DType.F32, MemoryMarshal.AsBytes(biasValues[..groups]));
                biases = biases[scaleBytes..];
            }

            for (int i = 0; i < groups; i++)
            {
                Group(form, dtype, packed[..form.GroupBytes], scaleValues[i], biasValues[i], destination[..form.GroupSize]);
                packed = packed[form.GroupBytes..];
                destination = destination[form.GroupSize..];
            }

            scales = scales[scaleBytes..];
        }
    }

    private static void Group(QuantizationForm form, DType dtype, ReadOnlySpan<byte> packed, float scale, float bias, Span<float> destination)
    {
        ReadOnlySpan<float> codes = form.Mode switch
        {
            QuantizationMode.Affine => Integers,
            QuantizationMode.MxFp8 => SmallFloats,
            _ => E2M1.Values,
        };
        if (form.Bits <= TableBits)
        {
            Span<float> table = stackalloc float[1 << TableBits];
            codes[..(1 << form.Bits)].CopyTo(table);
            Scale(form, dtype, scale, bias, table);
            BitPacking.LookUp(packed, form.Bits, table, destination);
        }
        else
        {
            BitPacking.LookUp(packed, form.Bits, codes, destination);
            Scale(form, dtype, scale, bias, destination);
        }
    }

    private static void Scale(QuantizationForm form, DType dtype, float scale, float bias, Span<float> values)
    {
        TensorPrimitives.Multiply(values, scale, values);
        RoundTo.Values(values, dtype);
        if (form.HasBiases)
        {
            TensorPrimitives.Add(values, bias, values);
            RoundTo.Values(values, dtype);
        }
    }

    private static void ReadScales(QuantizationForm form, DType dtype, ReadOnlySpan<byte> scales, Span<float> values)
    {
        if (form.HasBiases)
        {
            FloatConversion.Run(dtype, scales, DType.F32, MemoryMarshal.AsBytes(values));
            return;
        }

        for (int i = 0; i < scales.Length; i++)
        {
            values[i] = form.Mode == QuantizationMode.NvFp4 ? RoundTo.Value(E4M3.Decode(scales[i]), dtype) : E8M0.Decode(scales[i], dtype);
        }
    }
}
