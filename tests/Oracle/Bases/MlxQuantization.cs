using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>MLX's affine and mxfp4 quantization undone, for bit widths that divide 32.</summary>
public static class MlxQuantization
{
    // The sixteen values of e2m1: sign, two bits of exponent, one of fraction.
    private static readonly double[] E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6];

    /// <summary>All tensors of a model file with quantized weights expanded and their scales and biases left out.</summary>
    public static IReadOnlyDictionary<string, DenseArray> Dequantize(IReadOnlyDictionary<string, OracleTensor> file, JsonElement config)
    {
        Dictionary<string, DenseArray> weights = new(StringComparer.Ordinal);
        int group = (int)(config.Get("quantization")?.GetNumber("group_size", 64) ?? 0);
        int bits = (int)(config.Get("quantization")?.GetNumber("bits", 4) ?? 0);
        foreach (OracleTensor tensor in file.Values)
        {
            string module = tensor.Name.EndsWith(".weight", StringComparison.Ordinal) ? tensor.Name[..^".weight".Length] : "";
            if (tensor.DType == "U32" && file.TryGetValue(module + ".scales", out OracleTensor? scales))
            {
                weights[tensor.Name] = Expand(tensor, scales, file.GetValueOrDefault(module + ".biases"), bits, group);
            }
            else if (!tensor.Name.EndsWith(".scales", StringComparison.Ordinal) && !tensor.Name.EndsWith(".biases", StringComparison.Ordinal))
            {
                weights[tensor.Name] = tensor.ToArray();
            }
        }

        return weights;
    }

    private static DenseArray Expand(OracleTensor packed, OracleTensor scales, OracleTensor? biases, int bits, int group)
    {
        int perWord = 32 / bits;
        uint mask = bits == 32 ? uint.MaxValue : (1u << bits) - 1;
        DenseArray result = DenseArray.Zeros([.. packed.Shape[..^1], packed.Shape[^1] * perWord]);
        for (int i = 0; i < result.Values.Length; i++)
        {
            uint word = (uint)packed.Values[i / perWord];
            uint code = (word >> (i % perWord * bits)) & mask;
            result.Values[i] = biases is null
                ? E2M1[code] * Math.Pow(2, scales.Values[i / group] - 127)
                : (scales.Values[i / group] * code) + biases.Values[i / group];
        }

        return result;
    }
}
