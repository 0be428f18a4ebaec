using System.Globalization;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft;

/// <summary>Where a naive reading of ranks, alphas and patterns is silently wrong.</summary>
public class ScalePitfallTests
{
    private const string Base = """{"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 6, "vocab_size": 10, "tie_word_embeddings": false}""";
    private const string Q = "model.layers.0.self_attn.q_proj";
    private const string K = "model.layers.0.self_attn.k_proj";

    private static SmallAdapter OneModule(string fields = "", long rank = 2)
    {
        SmallAdapter adapter = SmallAdapter.Peft(fields);
        adapter.Pair(Q, 6, 6, rank);
        return adapter;
    }

    private static double ScaleOf(Converted converted) => converted.Config.GetProperty("lora_parameters").GetProperty("scale").GetDouble();

    [Theory]
    [InlineData(2, 4, false, 2)]
    [InlineData(2, 4, true, 2.8284271247461903)]
    [InlineData(8, 16, true, 5.656854249492381)]
    [InlineData(3, 1, false, 0.3333333333333333)]
    [InlineData(4, 0.1, false, 0.025)]
    public void The_scale_is_alpha_by_the_rank_or_by_its_root(int rank, double alpha, bool rslora, double scale)
    {
        SmallAdapter adapter = OneModule($"\"use_rslora\": {(rslora ? "true" : "false")}", rank)
            .Set("r", $"{rank}")
            .Set("lora_alpha", alpha.ToString(CultureInfo.InvariantCulture));
        Assert.Equal((float)scale, (float)ScaleOf(Run.MustConvert(adapter, TargetProfile.MlxLm, Base)));
    }

    [Fact]
    public void The_rank_of_the_tensors_counts_and_not_that_of_the_config()
    {
        SmallAdapter adapter = OneModule(rank: 4);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.Equal(1, ScaleOf(converted));
        Assert.True(converted.Has("TF3206"));
    }

    [Fact]
    public void A_missing_alpha_is_eight_as_PEFT_takes_it()
    {
        SmallAdapter adapter = OneModule();
        adapter.Config.Remove("lora_alpha");
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.Equal(4, ScaleOf(converted));
        Assert.True(converted.Has("TF3105"));
    }

    // The common scale is that of most modules, so that most tensors stay as they are.
    [Fact]
    public void Most_modules_stay_untouched_where_scales_differ()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"alpha_pattern\": {\"k_proj\": 12}");
        foreach (string leaf in new[] { "q_proj", "k_proj", "v_proj" })
        {
            adapter.Pair($"model.layers.0.self_attn.{leaf}", 6, 6);
        }

        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.Equal(2, ScaleOf(converted));
        Assert.Equal([K], converted.Result.Findings.Where(finding => finding.Code.Id is "TF2202" or "TF2203").Select(finding => finding.Subject));
        double[] source = adapter.Tensors[$"base_model.model.{K}.lora_B.weight"].Values;
        Assert.Equal(source.Select(value => value * 3), Dense.Transpose(converted.Tensor(K + ".lora_b").ToArray()).Values);
    }

    [Theory]
    [InlineData("F16", 16, "F16", "TF2203")]
    [InlineData("BF16", 1, "BF16", "TF2203")]
    [InlineData("F16", 12, "F32", "TF2202")]
    [InlineData("BF16", 0.3, "F32", "TF2202")]
    [InlineData("F32", 5, "F32", "TF2202")]
    public void Powers_of_two_keep_the_dtype_and_other_ratios_give_float32(string dtype, double alpha, string written, string code)
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set("alpha_pattern", FormattableString.Invariant($$"""{"k_proj": {{alpha}}}"""));
        adapter.Pair(Q, 6, 6);
        adapter.Pair("model.layers.1.self_attn.q_proj", 6, 6);
        adapter.Put($"base_model.model.{K}.lora_A.weight", adapter.Values(2, 6), dtype);
        DenseArray b = adapter.Put($"base_model.model.{K}.lora_B.weight", adapter.Values(6, 2), dtype);

        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);

        Assert.True(converted.Has(code), converted.ToString());
        Assert.Equal(written, converted.Tensor(K + ".lora_b").DType);
        Assert.Equal(dtype, converted.Tensor(K + ".lora_a").DType);
        float ratio = (float)(alpha / 2) / 2f;
        Assert.Equal(b.Values.Select(value => (double)((float)value * ratio)), Dense.Transpose(converted.Tensor(K + ".lora_b").ToArray()).Values);
    }

    // 2^-24 is the smallest float16: half of it would be zero, so that the power of two is not exact.
    [Fact]
    public void A_power_of_two_that_underflows_is_no_exact_fold()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"alpha_pattern\": {\"k_proj\": 2}");
        adapter.Pair(Q, 6, 6);
        adapter.Pair("model.layers.1.self_attn.q_proj", 6, 6);
        adapter.Put($"base_model.model.{K}.lora_A.weight", adapter.Values(2, 6), "F16");
        DenseArray values = adapter.Values(6, 2);
        values.Values[3] = Math.Pow(2, -24);
        adapter.Put($"base_model.model.{K}.lora_B.weight", values, "F16");
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.True(converted.Has("TF2202"));
        Assert.Equal("F32", converted.Tensor(K + ".lora_b").DType);
        Assert.Contains(Math.Pow(2, -25), converted.Tensor(K + ".lora_b").Values);
    }

    [Theory]
    [InlineData("1e38", 0.5)]
    [InlineData("1e-37", 0.5)]
    [InlineData("1e-42", 0.5)]
    [InlineData("1e30", 1e20)]
    public void A_fold_that_leaves_float32_is_refused(string alpha, double magnitude)
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set("alpha_pattern", $$"""{"k_proj": {{alpha}}}""").Set("lora_alpha", "0.006");
        adapter.Pair(Q, 6, 6);
        adapter.Pair("model.layers.1.self_attn.q_proj", 6, 6);
        adapter.Random($"base_model.model.{K}.lora_A.weight", 2, 6);
        adapter.Put($"base_model.model.{K}.lora_B.weight", Dense.Scale(adapter.Values(6, 2), magnitude));
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2017"], Base);
        Assert.Contains(K, refused.ToString());
    }

    [Fact]
    public void A_scale_that_no_runtime_can_multiply_by_is_refused()
    {
        Run.MustRefuse(OneModule().Set("lora_alpha", "1e300"), TargetProfile.MlxLm, ["TF2017"], Base);
        SmallAdapter mlx = SmallAdapter.Mlx();
        mlx.Config["lora_parameters"]!["scale"] = 1e300;
        mlx.MlxPair(Q, 6, 6);
        Run.MustRefuse(mlx, TargetProfile.Peft, ["TF2017"], Base);
    }

    [Fact]
    public void Ranks_are_padded_with_zeros_and_the_scale_stays()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"rank_pattern\": {\"k_proj\": 1}, \"alpha_pattern\": {\"k_proj\": 2}");
        adapter.Pair(Q, 6, 6);
        adapter.Pair(K, 6, 6, 1);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.Equal(2, ScaleOf(converted));
        DenseArray b = converted.Tensor(K + ".lora_b").ToArray();
        Assert.Equal([2, 6], b.Shape);
        Assert.All(b.Values[6..], value => Assert.Equal(0, value));
        Assert.Equal(adapter.Tensors[$"base_model.model.{K}.lora_B.weight"].Values, b.Values[..6]);
    }

    [Fact]
    public void A_pruned_module_is_left_out()
    {
        SmallAdapter adapter = OneModule();
        adapter.Random($"base_model.model.{K}.lora_A.weight", 0, 6);
        adapter.Random($"base_model.model.{K}.lora_B.weight", 6, 0);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.Single(converted.MlxDeltas());
        Assert.True(converted.Has("TF2010"));
    }

    // PEFT sorts the keys when it saves: training may have taken the other one.
    [Fact]
    public void Overlapping_patterns_of_different_alphas_are_refused_unless_ranks_tell()
    {
        SmallAdapter adapter = OneModule("\"peft_version\": \"0.21.0\", \"alpha_pattern\": {\".*proj\": 2, \"q_proj\": 8}");
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF3204"], Base);
        Assert.Equal(1, ScaleOf(Run.MustConvert(adapter, TargetProfile.MlxLm, Base, new ConversionOptions { Allowed = ["TF3204"] })));
    }

    // PEFT 0.13 took one matched key for both dictionaries, and never one that begins with ^.
    [Theory]
    [InlineData("0.13.2", 1)]
    [InlineData("0.21.0", 2)]
    public void Patterns_are_read_by_the_rule_of_the_version_that_wrote_them(string version, double scale)
    {
        SmallAdapter adapter = OneModule(rank: 4)
            .Set("peft_version", $"\"{version}\"").Set("rank_pattern", """{"q_proj": 4}""").Set("alpha_pattern", """{"self_attn.q_proj": 8}""");
        Assert.Equal(scale, ScaleOf(Run.MustConvert(adapter, TargetProfile.MlxLm, Base)));
    }

    [Fact]
    public void Patterns_of_no_module_are_named()
    {
        SmallAdapter adapter = OneModule("\"rank_pattern\": {\"q_proj\": 2, \"x_proj\": 4}, \"alpha_pattern\": {\"y_proj\": 8, \"z_proj\": 8}");
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.Equal(
            ["info TF3207 adapter/adapter_config.json:alpha_pattern: no module matches y_proj and 1 "
                + "more", "info TF3207 adapter/adapter_config.json:rank_pattern: no module matches x_proj"],
            converted.Findings.Where(finding => finding.Code.Id == "TF3207").Select(finding => finding.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_pattern_that_Python_refuses_too_stops_the_conversion() =>
        Run.MustRefuse(OneModule().Set("alpha_pattern", """{"(q_proj": 8}"""), TargetProfile.MlxLm, ["TF3201"], Base);

    [Theory]
    [InlineData(8, 20)]
    [InlineData(3, 1.1)]
    [InlineData(16, 0.1)]
    [InlineData(7, 0.3333333)]
    [InlineData(64, 2.8284271247461903)]
    public void Alpha_for_PEFT_gives_the_scale_back_as_float32(int rank, double scale)
    {
        SmallAdapter mlx = SmallAdapter.Mlx(rank);
        mlx.Config["lora_parameters"]!["scale"] = scale;
        mlx.MlxPair(Q, 6, 6, rank);
        Converted converted = Run.MustConvert(mlx, TargetProfile.Peft, Base);
        Assert.Equal((float)scale, (float)(converted.Config.GetProperty("lora_alpha").GetDouble() / rank));
        Assert.False(converted.Config.GetFlag("use_rslora"));
        Assert.Equal(rank, converted.Config.GetProperty("r").GetInt32());
    }

    [Fact]
    public void A_zero_alpha_is_a_zero_delta()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"alpha_pattern\": {\"k_proj\": 0}");
        adapter.Pair(Q, 6, 6);
        adapter.Pair(K, 6, 6);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.All(converted.MlxDeltas()[K].Delta.Values, value => Assert.Equal(0, value));
        Assert.Contains(converted.Result.Findings, finding => finding.Code == ConfigCodes.AlphaZero);
    }
}
