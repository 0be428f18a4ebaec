using Transfuse.Formats.Tensors;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Quantization;

/// <summary>Files that MLX itself quantized.</summary>
public class QuantizedFixtureTests
{
    [Theory]
    [InlineData("llama", "llama-q4", 23)]
    [InlineData("llama", "llama-q8", 23)]
    [InlineData("llama", "llama-mxfp4", 23)]
    [InlineData("qwen3_moe", "qwen3_moe-q4", 26)]
    public void Quantizes_the_16_bit_base_to_the_recorded_bytes(string baseName, string quantizedName, int weights)
    {
        IReadOnlyDictionary<string, OracleTensor> plain = Read(Fixtures.MlxBaseFolder(baseName));
        var model = QuantizedFile.Read(Fixtures.MlxBaseFolder(quantizedName));

        Assert.Equal(weights, model.Weights.Count);
        foreach (QuantizedFile.Entry entry in model.Weights)
        {
            OracleTensor weight = plain[entry.Module + ".weight"];
            (byte[] packed, byte[] scales, byte[] biases) = Forms.Quantize(entry.Form, DType.BF16, [.. weight.Values.Select(value => (float)value)]);

            Assert.Equal(entry.Packed.Bytes, packed);
            Assert.Equal(entry.Scales.Bytes, scales);
            Assert.Equal(entry.Biases?.Bytes ?? [], biases);
        }
    }

    [Fact]
    public void Expands_every_recorded_model_as_plain_arithmetic_does()
    {
        int weights = 0;
        foreach (QuantizedFile model in QuantizedFile.Models())
        {
            foreach (QuantizedFile.Entry entry in model.Weights)
            {
                DenseArray expected = Transfuse.Oracle.MlxQuantizer.Dequantize(entry.Packed, entry.Scales, entry.Biases, entry.OracleForm, "BF16");
                float[] actual = Forms.Dequantize(entry.Form, DType.BF16, entry.Packed.Bytes, entry.Scales.Bytes, entry.Biases?.Bytes ?? []);

                Assert.Equal(expected.Values, actual.Select(value => (double)value));
                weights++;
            }
        }

        Assert.Equal(25, QuantizedFile.Models().Count());
        Assert.Equal(289, weights);
    }

    // nvfp4: a group's largest code is 6, so it gets its scale again. mxfp8: so do groups whose largest code is well above half an octave below 448.
    [Theory]
    [InlineData("_nvfp4", 0, 34, 7752)]
    [InlineData("_mxfp8", 0x7B, 34, 3669)]
    public void Quantizes_expanded_files_to_their_own_bytes(string suffix, int largestCode, int weights, int groups)
    {
        QuantizedFile.Entry[] entries = [.. QuantizedFile.Models().Where(model => model.Name.EndsWith(suffix, StringComparison.Ordinal))
            .SelectMany(model => model.Weights).Where(entry => !entry.Form.HasBiases)];
        int compared = 0;
        foreach (QuantizedFile.Entry entry in entries)
        {
            float[] values = Forms.Dequantize(entry.Form, DType.BF16, entry.Packed.Bytes, entry.Scales.Bytes, []);
            (byte[] packed, byte[] scales, _) = Forms.Quantize(entry.Form, DType.BF16, values);
            foreach ((int group, byte[] codes) in entry.Packed.Bytes.Chunk(entry.Form.GroupBytes).Index())
            {
                if (codes.Max(code => code & 0x7F) >= largestCode)
                {
                    Assert.Equal(entry.Scales.Bytes[group], scales[group]);
                    Assert.Equal(codes, packed.AsSpan(group * codes.Length, codes.Length));
                    compared++;
                }
            }
        }

        Assert.Equal(weights, entries.Length);
        Assert.Equal(groups, compared);
    }

    private static IReadOnlyDictionary<string, OracleTensor> Read(string folder) => OracleSafetensors.Read(Path.Combine(folder, "model.safetensors"));
}
