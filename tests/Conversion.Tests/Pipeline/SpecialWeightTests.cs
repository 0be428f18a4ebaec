using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>
/// Models whose weights lie in unusual ways: rows of several experts, fused rows, scaled rows, per-head splits. Expected values by plain loops.
/// </summary>
public class SpecialWeightTests
{
    private const string Dbrx = """{"model_type": "dbrx", "n_layers": 2, "d_model": 6, "ffn_config": {"moe_num_experts": 3, "ffn_hidden_size": 4}}""";
    private const string Granite = """{"model_type": "granitemoehybrid", "num_hidden_layers": 2, "hidden_size": 6, "num_local_experts": 0, "tie_word_embeddings": true}""";
    private const string Falcon = """
        {"model_type": "falcon_h1", "num_hidden_layers": 2, "hidden_size": 6, "tie_word_embeddings": false,
         "attention_in_multiplier": 0.3, "attention_out_multiplier": -0.7, "ssm_in_multiplier": 1.1, "ssm_out_multiplier": 0.9, "ssm_multipliers": [0.5, 0.25, 3.0, 0.1, 1.7],
         "mlp_multipliers": [0.6, 0.2], "embedding_multiplier": 5.6, "lm_head_multiplier": 0.04, "mamba_d_ssm": 3, "mamba_n_groups": 1, "mamba_d_state": 2, "mamba_n_heads": 2}
        """;

    [Fact]
    public void Dbrx_experts_are_rows_of_one_matrix_and_w2_lies_across()
    {
        const string Mlp = "transformer.blocks.1.ffn.experts.mlp";
        SmallAdapter adapter = SmallAdapter.Peft("\"target_parameters\": [\"mlp.w1\", \"mlp.v1\", \"mlp.w2\"]");
        DenseArray w1 = adapter.Pair(Mlp + ".base_layer.base_layer", 6, 12);
        DenseArray v1 = adapter.Pair(Mlp + ".base_layer", 6, 12);
        DenseArray w2 = adapter.Pair(Mlp, 6, 12);

        Converted there = Run.MustConvert(adapter, TargetProfile.MlxLm, Dbrx);
        for (int e = 0; e < 3; e++)
        {
            string expert = $"transformer.blocks.1.ffn.experts.{e}.";
            AssertClose(Dense.Rows(w1, e * 4, 1, 4), there.MlxDeltas()[expert + "w1"].Delta);
            AssertClose(Dense.Rows(v1, e * 4, 1, 4), there.MlxDeltas()[expert + "v1"].Delta);
            AssertClose(Dense.Transpose(Dense.Rows(w2, e * 4, 1, 4)), there.MlxDeltas()[expert + "w2"].Delta);
        }

        Converted back = Run.MustConvert(there.Open(), TargetProfile.Peft, Dbrx);
        Assert.Equal(
            ["w1", "v1", "w2"],
            back.Config.GetStrings("target_parameters")!.Select(path => path[^2..]).OrderBy(name => Array.IndexOf(["w1", "v1", "w2"], name)));
        Assert.Equal(12, back.PeftPair(Mlp + ".base_layer").B.Shape[0]);
        foreach ((string key, string parameter, DenseArray delta)
            in new[] { (Mlp + ".base_layer.base_layer", "w1", w1), (Mlp + ".base_layer", "v1", v1), (Mlp, "w2", w2) })
        {
            (DenseArray a, DenseArray b) = back.PeftPair(key);
            AssertClose(delta, Dense.Scale(Dense.Multiply(b, a), back.PeftScale($"{Mlp}.{parameter}", a.Shape[0])));
        }
    }

    [Fact]
    public void Dbrx_experts_that_were_not_adapted_have_zero_rows()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        DenseArray w2 = adapter.MlxPair("transformer.blocks.0.ffn.experts.1.w2", 4, 6);
        Converted converted = Run.MustConvert(adapter, TargetProfile.Peft, Dbrx);

        (DenseArray a, DenseArray b) = converted.PeftPair("transformer.blocks.0.ffn.experts.mlp");
        DenseArray delta = Dense.Scale(Dense.Multiply(b, a), converted.PeftScale("transformer.blocks.0.ffn.experts.mlp.w2", 2));
        AssertClose(Dense.Transpose(w2), Dense.Rows(delta, 4, 1, 4));
        Assert.All(Dense.Rows(delta, 0, 1, 4).Values.Concat(Dense.Rows(delta, 8, 1, 4).Values), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dense_granite_hybrids_split_the_input_projection(bool dora)
    {
        const string Shared = "model.layers.0.shared_mlp.";
        SmallAdapter adapter = SmallAdapter.Peft($"\"use_dora\": {(dora ? "true" : "false")}");
        DenseArray input = adapter.Pair(Shared + "input_linear", 6, 8);
        DenseArray output = adapter.Pair(Shared + "output_linear", 4, 6);
        if (dora)
        {
            adapter.Random($"base_model.model.{Shared}input_linear.lora_magnitude_vector", 8);
            adapter.Random($"base_model.model.{Shared}output_linear.lora_magnitude_vector", 6);
        }

        Converted there = Run.MustConvert(adapter, TargetProfile.MlxLm, Granite);
        IReadOnlyDictionary<string, OracleDelta> deltas = there.MlxDeltas();
        AssertClose(Dense.Rows(input, 0, 1, 4), deltas["model.layers.0.mlp.gate_proj"].Delta);
        AssertClose(Dense.Rows(input, 4, 1, 4), deltas["model.layers.0.mlp.up_proj"].Delta);
        AssertClose(output, deltas["model.layers.0.mlp.down_proj"].Delta);
        if (dora)
        {
            double[] magnitudes = adapter.Tensors[$"base_model.model.{Shared}input_linear.lora_magnitude_vector"].Values;
            Assert.Equal(magnitudes[..4], deltas["model.layers.0.mlp.gate_proj"].Magnitude!.Values);
            Assert.Equal(magnitudes[4..], deltas["model.layers.0.mlp.up_proj"].Magnitude!.Values);
        }

        Converted back = Run.MustConvert(there.Open(), TargetProfile.Peft, Granite);
        Assert.Equal(adapter.Tensors.Keys.Order(StringComparer.Ordinal), back.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(adapter.Tensors.Values, tensor => Assert.Equal(tensor.Bytes, back.Tensor(tensor.Name).Bytes));
    }

    [Fact]
    public void Dora_of_one_half_of_a_fused_weight_is_refused()
    {
        SmallAdapter adapter = SmallAdapter.Mlx().Set("fine_tune_type", "\"dora\"");
        adapter.MlxPair("model.layers.0.mlp.gate_proj", 6, 4);
        adapter.Random("model.layers.0.mlp.gate_proj.m", 4);
        Run.MustRefuse(adapter, TargetProfile.Peft, ["TF5003"], Granite);
    }

    [Fact]
    public void Halves_of_a_fused_weight_of_different_A_double_the_rank_and_keep_their_magnitudes()
    {
        SmallAdapter adapter = SmallAdapter.Mlx().Set("fine_tune_type", "\"dora\"");
        DenseArray gate = adapter.MlxPair("model.layers.0.mlp.gate_proj", 6, 4);
        DenseArray up = adapter.MlxPair("model.layers.0.mlp.up_proj", 6, 4);
        DenseArray m = adapter.Random("model.layers.0.mlp.gate_proj.m", 4);
        DenseArray n = adapter.Random("model.layers.0.mlp.up_proj.m", 4);

        Converted converted = Run.MustConvert(adapter, TargetProfile.Peft, Granite);

        (DenseArray a, DenseArray b) = converted.PeftPair("model.layers.0.shared_mlp.input_linear");
        Assert.Equal([4, 6], a.Shape);
        DenseArray delta = Dense.Scale(Dense.Multiply(b, a), converted.PeftScale("model.layers.0.shared_mlp.input_linear", 4));
        AssertClose(gate, Dense.Rows(delta, 0, 1, 4));
        AssertClose(up, Dense.Rows(delta, 4, 1, 4));
        Assert.Equal([.. m.Values, .. n.Values], converted.Tensor("base_model.model.model.layers.0.shared_mlp.input_linear.lora_magnitude_vector").Values);
    }

    // mlx-lm folds these multipliers into the weights when it loads them: the delta follows row by row.
    [Fact]
    public void Falcon_h1_multipliers_are_folded_and_taken_out_again()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        var factors = new Dictionary<string, double[]>
        {
            ["self_attn.q_proj"] = [0.3], ["self_attn.k_proj"] = [0.3], ["self_attn.v_proj"] = [1], ["self_attn.o_proj"] = [-0.7],
            ["feed_forward.gate_proj"] = [0.6], ["feed_forward.up_proj"] = [1], ["feed_forward.down_proj"] = [0.2], ["mamba.out_proj"] = [0.9],
            ["mamba.in_proj"] = [.. Repeat(0.5, 3), .. Repeat(0.25, 3), .. Repeat(3, 2), .. Repeat(0.1, 2), .. Repeat(1.7, 2)],
        };
        Dictionary<string, DenseArray> deltas = factors.ToDictionary(
            item => item.Key, item => adapter.Pair("model.layers.0." + item.Key, 6, item.Value.Length == 1 ? 6 : 12));

        Converted there = Run.MustConvert(adapter, TargetProfile.MlxLm, Falcon);
        foreach ((string key, double[] multipliers) in factors)
        {
            DenseArray expected = DenseArray.Zeros(deltas[key].Shape);
            for (long i = 0; i < expected.Shape[0]; i++)
            {
                for (long j = 0; j < expected.Shape[1]; j++)
                {
                    expected[i, j] = (multipliers.Length == 1 ? multipliers[0] : multipliers[i]) * (key == "mamba.in_proj" ? 1.1 : 1) * deltas[key][i, j];
                }
            }

            AssertClose(expected, there.MlxDeltas()["model.layers.0." + key].Delta, 3e-7);
        }

        Converted back = Run.MustConvert(there.Open(), TargetProfile.Peft, Falcon);
        foreach ((string key, DenseArray delta) in deltas)
        {
            (DenseArray a, DenseArray b) = back.PeftPair("model.layers.0." + key);
            AssertClose(delta, Dense.Scale(Dense.Multiply(b, a), back.PeftScale("model.layers.0." + key, 2)), 3e-7);
        }
    }

    [Fact]
    public void Falcon_h1_magnitudes_follow_the_multipliers_without_their_sign()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"use_dora\": true");
        adapter.Pair("model.layers.0.self_attn.o_proj", 6, 6);
        DenseArray m = adapter.Random("base_model.model.model.layers.0.self_attn.o_proj.lora_magnitude_vector", 6);
        double[] actual = Run.MustConvert(adapter, TargetProfile.MlxLm, Falcon).MlxDeltas()["model.layers.0.self_attn.o_proj"].Magnitude!.Values;
        Assert.All(actual.Zip(m.Values), pair => Assert.Equal(0.7 * pair.Second, pair.First, 1e-6));
    }

    [Fact]
    public void Falcon_h1_needs_the_rows_that_its_multipliers_are_for()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.mamba.in_proj", 6, 11);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF4015"], Falcon);
    }

    // The nine model types whose kv_b_proj MLX keeps per head.
    [Theory]
    [InlineData("deepseek_v3", "model.layers.{0}.self_attn.kv_b_proj")]
    [InlineData("deepseek_v32", "model.layers.{0}.self_attn.kv_b_proj")]
    [InlineData("glm_moe_dsa", "model.layers.{0}.self_attn.kv_b_proj")]
    [InlineData("glm4_moe_lite", "model.layers.{0}.self_attn.kv_b_proj")]
    [InlineData("kimi_linear", "model.layers.{0}.self_attn.kv_b_proj")]
    [InlineData("kimi_vl", "language_model.model.layers.{0}.self_attn.kv_b_proj")]
    [InlineData("kimi_k25", "language_model.model.layers.{0}.self_attn.kv_b_proj")]
    [InlineData("longcat_flash", "model.layers.{0}.self_attn.1.kv_b_proj")]
    [InlineData("longcat_flash_ngram", "model.layers.{0}.self_attn.0.kv_b_proj")]
    public void Names_every_projection_that_is_split_per_head_and_drops_them_knowingly(string modelType, string path)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        string other = path.Replace("kv_b_proj", "o_proj", StringComparison.Ordinal);
        for (int layer = 0; layer < 2; layer++)
        {
            adapter.Pair(string.Format(null, path, layer), 4, 10);
            adapter.Pair(string.Format(null, other, layer), 6, 6);
        }

        ConversionOptions options = new() { ModelType = modelType, Allowed = ["TF4003"] };
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF4011"], null, options);
        Assert.Equal(
            [string.Format(null, path, 0), string.Format(null, path, 1)],
            refused.Result.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Subject));

        Converted dropped = Run.MustConvert(adapter, TargetProfile.MlxLm, null, options with { Allowed = ["TF4003", "TF4011"] });
        Assert.Equal(2, dropped.Result.Findings.Count(finding => finding is { Code.Id: "TF4011", Severity: Severity.Warning }));
        Assert.Equal(2, dropped.MlxDeltas().Count);
        Assert.All(dropped.MlxDeltas().Keys, module => Assert.EndsWith(".o_proj", module));
    }

    private static IEnumerable<double> Repeat(double value, int count) => Enumerable.Repeat(value, count);

    private static void AssertClose(DenseArray expected, DenseArray actual, double tolerance = 1e-7) =>
        DeltaComparison.AssertClose(actual, Dense.Scale(expected, 2), tolerance, "delta");
}
