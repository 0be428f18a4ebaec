using Transfuse.Conversion.Tests.Support;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Stages.Fit;

/// <summary>What happens to the values' types: kept, rounded with a word, or refused.</summary>
public class DTypeTests
{
    private const string Base = """{"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 6, "tie_word_embeddings": false}""";
    private const string Q = "model.layers.0.self_attn.q_proj";
    private const string A = $"base_model.model.{Q}.lora_A.weight";
    private const string B = $"base_model.model.{Q}.lora_B.weight";
    private const string Magnitude = $"base_model.model.{Q}.lora_magnitude_vector";

    private static SmallAdapter Adapter(string dtype, double factor = 1)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Put(A, Dense.Scale(adapter.Values(2, 6), factor), dtype);
        adapter.Put(B, Dense.Scale(adapter.Values(6, 2), 1 / factor), dtype);
        return adapter;
    }

    private static SmallAdapter WithValue(double value, string dtype = "F32")
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        DenseArray a = adapter.Values(2, 6);
        a.Values[7] = value;
        adapter.Put(A, a, dtype);
        adapter.Put(B, adapter.Values(6, 2), dtype);
        return adapter;
    }

    private static ConversionOptions To(DType dtype) => new() { DType = dtype };

    // 2^-24 is the smallest value of float16: what is far below it would become zero, and the adapter with it.
    [Theory]
    [InlineData("F32", 1e10)]
    [InlineData("BF16", 1e10)]
    [InlineData("F32", 1e6)]
    public void Values_that_would_vanish_in_float16_are_refused(string dtype, double factor)
    {
        SmallAdapter adapter = Adapter(dtype, 1 / factor);
        adapter.Put(B, adapter.Values(6, 2));
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2018"], Base, To(DType.F16));
        Assert.Contains(Q + ": lora_A", refused.ToString());
        Assert.Contains(
            Run.MustConvert(adapter, TargetProfile.MlxLm, Base, To(DType.F16) with { Allowed = ["TF2018"] }).Result.Findings,
            finding => finding.Code.Id == "TF2018");
        Run.MustConvert(adapter, TargetProfile.MlxLm, Base, To(DType.BF16));
    }

    // A few elements below the smallest normal value are what every trained adapter has.
    [Fact]
    public void A_few_small_values_do_not_keep_from_float16() => Run.MustConvert(WithValue(1e-9), TargetProfile.MlxLm, Base, To(DType.F16));

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("F32")]
    public void Types_that_MLX_reads_are_kept(string dtype)
    {
        Converted converted = Run.MustConvert(Adapter(dtype), TargetProfile.MlxLm, Base);
        Assert.All(converted.Tensors.Values, tensor => Assert.Equal(dtype, tensor.DType));
    }

    [Fact]
    public void Float64_becomes_float32_for_MLX_with_a_word()
    {
        SmallAdapter adapter = Adapter("F64", 1 / 3.0);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.Equal(2, converted.Result.Findings.Count(finding => finding is { Code.Id: "TF2204", Severity: Severity.Warning, Subject: Q }));
        Assert.Equal(adapter.Tensors[A].Values.Select(value => (double)(float)value), Dense.Transpose(converted.Tensor(Q + ".lora_a").ToArray()).Values);
    }

    [Theory]
    [InlineData(1e300)]
    [InlineData(-3.5e38)]
    public void Float64_beyond_float32_is_refused(double value)
    {
        Converted refused = Run.MustRefuse(WithValue(value, "F64"), TargetProfile.MlxLm, ["TF2008"], Base);
        Assert.Contains(FormattableString.Invariant($"{Math.Abs(value):G6}"), refused.ToString());
    }

    [Theory]
    [InlineData("I8", 1)]
    [InlineData("U8", 1)]
    [InlineData("I32", 4)]
    [InlineData("F8_E8M0", 1)]
    [InlineData("BOOL", 1)]
    public void Types_that_are_no_factors_are_refused(string dtype, int size)
    {
        SmallAdapter adapter = Adapter("F32");
        adapter.Tensors[B] = new OracleTensor(B, dtype, [6, 2], [], new byte[12 * size]);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2007"], Base);
    }

    // 0x38 is 1, 0xB9 -1.125, 0x01 2^-9 in E4M3; 0x3C is 1, 0xBD -1.25, 0x01 2^-16 in E5M2 (OFP8 1.0).
    [Theory]
    [InlineData("F8_E4M3", new byte[] { 0x38, 0xB9, 0x01, 0x7E }, new[] { 1, -1.125, 1.0 / 512, 448 })]
    [InlineData("F8_E5M2", new byte[] { 0x3C, 0xBD, 0x01, 0x7B }, new[] { 1, -1.25, 1.0 / 65536, 57344 })]
    public void Eight_bit_floats_become_bfloat16_exactly(string dtype, byte[] stored, double[] expected)
    {
        SmallAdapter adapter = Adapter("F32");
        adapter.Tensors[B] = new OracleTensor(B, dtype, [6, 2], [], [.. Enumerable.Repeat(stored, 3).SelectMany(bytes => bytes)]);
        Converted converted = Run.MustConvert(adapter, TargetProfile.Peft);
        OracleTensor written = converted.Tensors[B];
        Assert.Equal("BF16", written.DType);
        Assert.Equal(Enumerable.Repeat(expected, 3).SelectMany(values => values), written.ToArray().Values);
        Assert.Equal(B, Assert.Single(converted.Findings, finding => finding.Code == TensorCodes.Widened).Subject);

        // A scale beside them would change the values.
        adapter.Tensors["x.weight_scale"] = OracleTensor.F32("x.weight_scale", DenseArray.Zeros(1));
        Assert.Contains("TF2007", Run.InMemory(adapter.Open(), TargetProfile.Peft).Errors);
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("F32")]
    public void A_type_that_was_asked_for_is_rounded_to_nearest(string dtype)
    {
        SmallAdapter adapter = Adapter("F32", 0.3);
        DType wanted = dtype switch { "F16" => DType.F16, "BF16" => DType.BF16, _ => DType.F32 };
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base, To(wanted));
        Assert.Equal(dtype != "F32", converted.Has("TF2205"));
        OracleTensor expected = OracleTensor.Of(A, Dense.Transpose(adapter.Tensors[A].ToArray()), dtype);
        Assert.Equal(expected.Bytes, converted.Tensor(Q + ".lora_a").Bytes);
    }

    [Theory]
    [InlineData(65520)]
    [InlineData(-1e6)]
    public void Overflow_of_float16_is_refused_with_tensor_and_number(double value)
    {
        Converted refused = Run.MustRefuse(WithValue(value), TargetProfile.MlxLm, ["TF2008"], Base, To(DType.F16));
        Assert.Contains($"{Q}: lora_A has the value {FormattableString.Invariant($"{Math.Abs(value):G6}")}", refused.ToString());
        Run.MustConvert(WithValue(value), TargetProfile.MlxLm, Base, To(DType.BF16));
    }

    [Fact]
    public void The_largest_float16_still_fits() =>
        Assert.Contains(65504.0, Run.MustConvert(WithValue(65519), TargetProfile.MlxLm, Base, To(DType.F16)).Tensor(Q + ".lora_a").Values);

    [Fact]
    public void Overflow_of_bfloat16_is_refused() => Run.MustRefuse(WithValue(3.4e38), TargetProfile.MlxLm, ["TF2008"], Base, To(DType.BF16));

    [Fact]
    public void A_fold_can_overflow_the_type_that_was_asked_for()
    {
        SmallAdapter adapter = Adapter("F32").Set("alpha_pattern", $$"""{"{{Q}}": 4000000}""");
        adapter.Pair("model.layers.0.self_attn.k_proj", 6, 6);
        adapter.Pair("model.layers.0.self_attn.v_proj", 6, 6);
        Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2008"], Base, To(DType.F16));
        Assert.Contains("lora_B", refused.ToString());
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void Magnitudes_stay_float32(string dtype)
    {
        SmallAdapter adapter = Adapter("F32").Set("use_dora", "true");
        DenseArray m = adapter.Put(Magnitude, Dense.Scale(adapter.Values(6), 100000.3));
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base, To(dtype == "F16" ? DType.F16 : DType.BF16));
        Assert.Equal(dtype, converted.Tensor(Q + ".lora_a").DType);
        Assert.Equal("F32", converted.Tensor(Q + ".m").DType);
        Assert.Equal(m.Values.Select(value => (double)(float)value), converted.Tensor(Q + ".m").Values);
    }

    [Theory]
    [InlineData(double.NaN, "F32")]
    [InlineData(double.PositiveInfinity, "F16")]
    [InlineData(double.NegativeInfinity, "BF16")]
    [InlineData(double.NaN, "F64")]
    public void Values_that_are_no_numbers_are_refused_unless_allowed(double value, string dtype)
    {
        foreach (TargetProfile profile in new[] { TargetProfile.MlxLm, TargetProfile.Peft })
        {
            Converted refused = Run.MustRefuse(WithValue(value, dtype), profile, ["TF2009"], Base);
            Assert.Contains($"{Q}: lora_A holds NaN or infinity", refused.ToString());
        }

        Converted allowed = Run.MustConvert(WithValue(value, dtype), TargetProfile.MlxLm, Base, new ConversionOptions { Allowed = ["TF2009"] });
        Assert.Contains(value, allowed.Tensor(Q + ".lora_a").Values);
    }

    [Fact]
    public void An_adapter_without_effect_is_mentioned()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Random(A, 2, 6);
        adapter.Put(B, DenseArray.Zeros(6, 2));
        Assert.True(Run.MustConvert(adapter, TargetProfile.MlxLm, Base).Has("TF2014"));
        adapter.Pair("model.layers.1.self_attn.q_proj", 6, 6);
        Assert.False(Run.MustConvert(adapter, TargetProfile.MlxLm, Base).Has("TF2014"));
    }

    [Fact]
    public void Experts_of_different_types_meet_in_the_smallest_that_holds_both()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        foreach ((int expert, string dtype) in new[] { (0, "F16"), (1, "BF16") })
        {
            adapter.Put($"base_model.model.model.layers.0.mlp.experts.{expert}.down_proj.lora_A.weight", adapter.Values(2, 4), dtype);
            adapter.Put($"base_model.model.model.layers.0.mlp.experts.{expert}.down_proj.lora_B.weight", adapter.Values(6, 2), "F16");
        }

        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, """{"model_type": "qwen3_moe", "num_hidden_layers": 1, "num_experts": 2}""");
        Assert.Equal("F32", converted.Tensor("model.layers.0.mlp.switch_mlp.down_proj.lora_a").DType);
        Assert.Equal("F16", converted.Tensor("model.layers.0.mlp.switch_mlp.down_proj.lora_b").DType);
    }
}
