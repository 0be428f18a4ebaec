using Transfuse.Apply.Quantization;
using Transfuse.Formats.Tensors;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Quantization;

/// <summary>Each form of MLX in each dtype, against the Oracle's quantizer.</summary>
public class EveryFormTests
{
    private const int Columns = 128;

    public static TheoryData<string, int, int, DType> Cases()
    {
        var cases = new TheoryData<string, int, int, DType>();
        foreach (MlxForm form in MlxForm.All)
        {
            cases.Add(form.Mode, form.Group, form.Bits, DType.F32);
            cases.Add(form.Mode, form.Group, form.Bits, DType.BF16);
            cases.Add(form.Mode, form.Group, form.Bits, DType.F16);
        }

        return cases;
    }

    [Fact]
    public void There_are_21_forms() => Assert.Equal(63, Cases().Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Has_the_bits_of_the_oracle(string mode, int group, int bits, DType dtype)
    {
        var oracleForm = new MlxForm(mode, group, bits);
        QuantizationForm form = QuantizationForm.TryCreate(mode, group, bits)!;
        string name = dtype.SafetensorsName();
        float[] values = [.. Rows(name).SelectMany(row => row)];
        (OracleTensor weight, OracleTensor scales, OracleTensor? biases) = Oracle.MlxQuantizer.Quantize(
            "m", new DenseArray([values.Length / Columns, Columns], [.. values.Select(value => (double)value)]), oracleForm, name);

        (byte[] packed, byte[] scaleBytes, byte[] biasBytes) = Forms.Quantize(form, dtype, values);
        float[] expanded = Forms.Dequantize(form, dtype, packed, scaleBytes, biasBytes);

        Assert.Equal(scales.Bytes, scaleBytes);
        Assert.Equal(biases?.Bytes ?? [], biasBytes);
        Assert.Equal(weight.Bytes, packed);
        Assert.Equal(Oracle.MlxQuantizer.Dequantize(weight, scales, biases, oracleForm, name).Values, expanded.Select(value => (double)value));
    }

    [Theory]
    [InlineData("affine", 16, 4)]
    [InlineData("affine", 64, 7)]
    [InlineData("affine", 64, 1)]
    [InlineData("mxfp4", 64, 4)]
    [InlineData("mxfp8", 32, 4)]
    [InlineData("nvfp4", 32, 4)]
    [InlineData("MXFP4", 32, 4)]
    [InlineData("int8", 64, 8)]
    public void Knows_no_form_that_MLX_refuses(string mode, int group, int bits) => Assert.Null(QuantizationForm.TryCreate(mode, group, bits));

    [Fact]
    public void Refuses_spans_that_are_not_of_the_same_groups()
    {
        QuantizationForm form = QuantizationForm.TryCreate("affine", 32, 4)!;

        ArgumentException error = Assert.Throws<ArgumentException>(
            () => MlxDequantizer.Run(form, DType.BF16, new byte[16], new byte[2], new byte[1], new float[32]));

        Assert.Contains(
            "32 elements of 4 bits in groups of 32 do not go with 16 packed bytes, 2 bytes of scales and 1 of biases", error.Message, StringComparison.Ordinal);
    }

    // Ordinary rows, and those at the edges: zeros, one sign, one spike, equal values, tiny and huge ones, values in the middle between codes.
    private static IEnumerable<float[]> Rows(string dtype)
    {
        var random = new Random(7);
        float huge = dtype == "F16" ? 6e4f : 3e30f;
        float tiny = dtype == "F16" ? 1e-6f : 1e-30f;
        Func<int, double>[] rows =
        [
            _ => 0,
            _ => random.NextDouble(),
            _ => -random.NextDouble(),
            i => i == 77 ? 3 : 0,
            _ => 0.5,
            _ => (random.NextDouble() - 0.5) * tiny,
            _ => (random.NextDouble() - 0.5) * huge,
            i => (i % 33 * 0.25) - 4,
            i => i % 32 == 0 ? 6 : (i % 49 * 0.125) - 3,
            i => i % 2 == 0 ? -0.0 : 1e-3,
            _ => random.NextDouble() * Math.Pow(2, random.Next(-20, 4)),
        ];
        IEnumerable<Func<int, double>> normal = Enumerable.Repeat<Func<int, double>>(_ => 0.02 * (random.NextDouble() + random.NextDouble() - 1), 30);
        return rows.Concat(normal).Select(row => Enumerable.Range(0, Columns).Select(i => Oracle.MlxQuantizer.Round((float)row(i), dtype)).ToArray());
    }
}
