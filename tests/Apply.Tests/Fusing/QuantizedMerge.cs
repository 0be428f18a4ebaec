using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>
/// What mlx-lm's <c>fuse</c> (0.32.0) does to a quantized weight, element by element: expand, add the product rounded to the dtype, round the sum, quantize.
/// The product in float32, with fused multiply-adds over the rank; DoRA's norms in double precision.
/// </summary>
internal static class QuantizedMerge
{
    public static void AssertBits(
        string module, IReadOnlyDictionary<string, OracleTensor> before, IReadOnlyDictionary<string, OracleTensor> after, MlxForm form,
        IReadOnlyDictionary<string, OracleTensor> factors, OracleDelta delta)
    {
        OracleTensor? biases = before.GetValueOrDefault(module + ".biases");
        string dtype = form.Mode == "affine" ? before[module + ".scales"].DType : "BF16";
        DenseArray weight = Oracle.MlxQuantizer.Dequantize(before[module + ".weight"], before[module + ".scales"], biases, form, dtype);
        DenseArray merged = Add(weight, factors, module, delta, dtype);
        (OracleTensor packed, OracleTensor scales, OracleTensor? newBiases) = Oracle.MlxQuantizer.Quantize(module, merged, form, dtype);

        Assert.Equal(scales.Bytes, after[module + ".scales"].Bytes);
        Assert.Equal(newBiases?.Bytes, after.GetValueOrDefault(module + ".biases")?.Bytes);
        Assert.Equal(packed.Bytes, after[module + ".weight"].Bytes);
    }

    /// <summary>The merged values before they are quantized, each of the dtype.</summary>
    public static DenseArray Add(DenseArray weight, IReadOnlyDictionary<string, OracleTensor> factors, string module, OracleDelta delta, string dtype)
    {
        DenseArray a = (factors.GetValueOrDefault(module + ".lora_a") ?? factors[module + ".A"]).ToArray();
        DenseArray b = (factors.GetValueOrDefault(module + ".lora_b") ?? factors[module + ".B"]).ToArray();
        bool isStack = weight.Rank == 3;
        bool isEmbedding = !isStack
            && a.Shape[0] == weight.Shape[0]
            && b.Shape[1] == weight.Shape[1]
            && delta.Delta.SameShape(weight)
            && module.EndsWith("embed_tokens", StringComparison.Ordinal);
        DenseArray result = DenseArray.Zeros(weight.Shape);
        int columns = (int)weight.Shape[^1];
        long rows = weight.Shape[^2];
        for (int i = 0; i < weight.Values.Length; i++)
        {
            long row = i / columns % rows, column = i % columns, expert = i / columns / rows;
            float sum = 0;
            for (long k = 0; k < delta.Rank; k++)
            {
                double left = isStack ? b[expert, row, k] : isEmbedding ? a[row, k] : b[k, row];
                double right = isStack ? a.Rank == 3 ? a[expert, k, column] : a[(expert * delta.Rank) + k, column] : isEmbedding ? b[k, column] : a[column, k];
                sum = MathF.FusedMultiplyAdd((float)left * (float)delta.Scale, (float)right, sum);
            }

            result.Values[i] = Oracle.MlxQuantizer.Round((float)weight.Values[i] + Oracle.MlxQuantizer.Round(sum, dtype), dtype);
        }

        return delta.Magnitude is null ? result : WithLengths(result, delta.Magnitude, dtype);
    }

    private static DenseArray WithLengths(DenseArray weight, DenseArray magnitude, string dtype)
    {
        double[] norms = Dense.RowNorms(weight);
        int columns = (int)weight.Shape[1];
        return new DenseArray(weight.Shape, [.. weight.Values.Select((value, i) =>
            (double)Oracle.MlxQuantizer.Round((float)value * (float)(magnitude.Values[i / columns] / norms[i / columns]), dtype))]);
    }
}
