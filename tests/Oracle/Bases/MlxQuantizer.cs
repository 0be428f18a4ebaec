namespace Transfuse.Oracle;

/// <summary>
/// MLX's quantize and dequantize on a CPU, element by element and bit by bit. All arithmetic is in float32, rounded to the dtype where MLX computes in it.
/// </summary>
public static class MlxQuantizer
{
    private static readonly float[] E2M1 = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    /// <summary>Quantizes a matrix or a stack of them whose values are those of the dtype.</summary>
    /// <returns>Packed weight (U32), scales, and biases or null.</returns>
    public static (OracleTensor Weight, OracleTensor Scales, OracleTensor? Biases) Quantize(string module, DenseArray array, MlxForm form, string dtype)
    {
        int groups = array.Values.Length / form.Group;
        List<int> codes = [];
        List<double> scales = [];
        List<double> biases = [];
        for (int g = 0; g < groups; g++)
        {
            float[] values = [.. array.Values.Skip(g * form.Group).Take(form.Group).Select(value => (float)value)];
            if (form.Mode == "affine")
            {
                (float scale, float bias) = Affine(values, form.Bits, codes);
                scales.Add(scale);
                biases.Add(bias);
            }
            else
            {
                scales.Add(form.Mode == "nvfp4" ? NvFp4(values, dtype, codes) : Mx(values, form.Bits, dtype, codes));
            }
        }

        long[] groupShape = [.. array.Shape[..^1], array.Shape[^1] / form.Group];
        byte[] packed = Pack(codes, form.Bits);
        long[] packedShape = [.. array.Shape[..^1], array.Shape[^1] * form.Bits / 32];
        var weight = new OracleTensor(module + ".weight", "U32", packedShape, OracleDType.Decode("U32", packed), packed);
        if (form.Mode == "affine")
        {
            return (weight, Tensor(".scales", scales), Tensor(".biases", biases));
        }

        byte[] bytes = [.. scales.Select(scale => (byte)scale)];
        return (weight, new OracleTensor(module + ".scales", "U8", groupShape, [.. scales], bytes), null);

        OracleTensor Tensor(string leaf, List<double> values) => OracleTensor.Of(module + leaf, new DenseArray(groupShape, [.. values]), dtype);
    }

    /// <summary>The values that a quantized weight stands for, each of the dtype.</summary>
    public static DenseArray Dequantize(OracleTensor weight, OracleTensor scales, OracleTensor? biases, MlxForm form, string dtype)
    {
        long columns = weight.Shape[^1] * 32 / form.Bits;
        DenseArray result = DenseArray.Zeros([.. weight.Shape[..^1], columns]);
        for (int i = 0; i < result.Values.Length; i++)
        {
            int code = 0;
            for (int bit = 0; bit < form.Bits; bit++)
            {
                long at = ((long)i * form.Bits) + bit;
                code |= ((weight.Bytes[at / 8] >> (int)(at % 8)) & 1) << bit;
            }

            double scale = scales.Values[i / form.Group];
            result.Values[i] = form.Mode switch
            {
                "affine" => Round((float)(Round((float)(code * scale), dtype) + biases!.Values[i / form.Group]), dtype),
                "mxfp4" => Round(E2M1[code] * Round(MathF.Pow(2, (float)scale - 127), dtype), dtype),
                "mxfp8" => Round(E4M3(code) * Round(MathF.Pow(2, (float)scale - 127), dtype), dtype),
                _ => Round(E2M1[code] * Round(E4M3((int)scale), dtype), dtype),
            };
        }

        return result;
    }

    /// <summary>A float32 value rounded to a dtype.</summary>
    public static float Round(float value, string dtype) => dtype == "F32" || !float.IsFinite(value)
        ? value
        : (float)OracleDType.Decode(dtype, OracleDType.Encode(dtype, value))[0];

    private static (float Scale, float Bias) Affine(float[] values, int bits, List<int> codes)
    {
        float bins = (1 << bits) - 1;
        float low = values.Min();
        float high = values.Max();
        bool lowIsEdge = Math.Abs(low) > Math.Abs(high);
        float scale = Math.Max((high - low) / bins, 1e-7f) * (lowIsEdge ? 1 : -1);
        float edge = lowIsEdge ? low : high;
        float first = MathF.Round(edge / scale, MidpointRounding.ToEven);
        float bias = 0;
        if (first != 0)
        {
            scale = edge / first;
            bias = edge;
        }

        codes.AddRange(values.Select(value => (int)Math.Clamp(MathF.Round((value - bias) / scale, MidpointRounding.ToEven), 0, bins)));
        return (scale, bias);
    }

    private static int Mx(float[] values, int bits, string dtype, List<int> codes)
    {
        float share = Round(values.Max(Math.Abs) / (bits == 4 ? 6 : 448), dtype);
        int exponent = share == 0 ? 0 : (int)MathF.Round(Round(MathF.Log2(share), dtype), MidpointRounding.ToEven);
        float scale = Round(MathF.Pow(2, exponent), dtype);
        codes.AddRange(values.Select(value => Round(value / scale, dtype)).Select(value => bits == 4 ? Nearest(value, dtype) : Fp8(value)));
        return exponent + 127;
    }

    private static int NvFp4(float[] values, string dtype, List<int> codes)
    {
        int code = Fp8(Round(values.Max(Math.Abs) / 6, dtype));
        codes.AddRange(values.Select(value => Nearest(Round(value / Round(E4M3(code), dtype), dtype), "F32")));
        return code;
    }

    private static int Nearest(float value, string dtype)
    {
        float[] distances = [.. E2M1.Select(code => Math.Abs(Round(value - code, dtype)))];
        int nearest = 0;
        for (int i = 1; i < 16; i++)
        {
            nearest = distances[i] < distances[nearest] ? i : nearest;
        }

        return nearest;
    }

    // The nearest of the 127 values up to 448; of two equally near the even code. NaN and infinity are 448.
    private static int Fp8(float value)
    {
        double magnitude = float.IsFinite(value) ? Math.Min(Math.Abs((double)value), 448) : 448;
        int nearest = Enumerable.Range(0, 127).MinBy(code => (Math.Abs(E4M3(code) - magnitude), code % 2));
        return nearest + (float.IsNegative(value) ? 128 : 0);
    }

    private static float E4M3(int code)
    {
        int exponent = (code & 127) / 8;
        double magnitude = exponent == 0 ? (code & 7) * Math.Pow(2, -9) : (1 + ((code & 7) / 8.0)) * Math.Pow(2, exponent - 7);
        return (float)(code < 128 ? magnitude : -magnitude);
    }

    private static byte[] Pack(List<int> codes, int bits)
    {
        byte[] packed = new byte[codes.Count * bits / 8];
        for (int at = 0; at < codes.Count * bits; at++)
        {
            packed[at / 8] |= (byte)(((codes[at / bits] >> (at % bits)) & 1) << (at % 8));
        }

        return packed;
    }
}
