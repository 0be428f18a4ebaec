using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Stages.Fit.Mapping;

/// <summary>Stacked experts of MLX to PEFT: packed parameters, or one module for each expert. What each expert changes, by plain loops.</summary>
public class MlxExpertTests
{
    private const string Base = """{"model_type": "qwen3_moe", "num_hidden_layers": 4, "hidden_size": 6, "moe_intermediate_size": 4, "num_experts": 3, "tie_word_embeddings": false}""";
    private const string Switch = "model.layers.1.mlp.switch_mlp.";
    private const string Experts = "model.layers.1.mlp.experts";

    private static DenseArray Packed(Converted converted, string key, string parameter, int experts = 3)
    {
        (DenseArray a, DenseArray b) = converted.PeftPair(key);
        return Dense.Scale(SmallAdapter.UnpackedDelta(a, b, experts), converted.PeftScale(parameter, a.Shape[0] / experts));
    }

    private static void AssertClose(DenseArray expected, DenseArray actual) => DeltaComparison.AssertClose(actual, Dense.Scale(expected, 2), 1e-7, "delta");

    [Theory]
    [InlineData("gate_proj", 0)]
    [InlineData("up_proj", 4)]
    public void One_half_alone_keeps_its_rank_and_leaves_the_other_unchanged(string leaf, int firstRow)
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        DenseArray half = adapter.MlxExperts(Switch + leaf, 3, 6, 4);

        Converted converted = Run.MustConvert(adapter, TargetProfile.Peft, Base);

        Assert.Equal([Experts + ".gate_up_proj"], converted.Config.GetStrings("target_parameters")!);
        DenseArray delta = Packed(converted, Experts, Experts + ".gate_up_proj");
        AssertClose(half, Dense.Rows(delta, firstRow, 1, 4));
        Assert.All(Dense.Rows(delta, 4 - firstRow, 1, 4).Values, value => Assert.Equal(0, value));
        Assert.Equal(6, converted.PeftPair(Experts).A.Shape[0]);
    }

    [Fact]
    public void Halves_with_different_A_are_fused_block_by_block_with_twice_the_rank()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        DenseArray gate = adapter.MlxExperts(Switch + "gate_proj", 3, 6, 4);
        DenseArray up = adapter.MlxExperts(Switch + "up_proj", 3, 6, 4);
        DenseArray down = adapter.MlxExperts(Switch + "down_proj", 3, 4, 6);

        Converted converted = Run.MustConvert(adapter, TargetProfile.Peft, Base);

        DenseArray delta = Packed(converted, Experts + ".base_layer", Experts + ".gate_up_proj");
        AssertClose(gate, Dense.Rows(delta, 0, 1, 4));
        AssertClose(up, Dense.Rows(delta, 4, 1, 4));
        AssertClose(down, Packed(converted, Experts, Experts + ".down_proj"));
        Assert.Equal(12, converted.PeftPair(Experts + ".base_layer").A.Shape[0]);
        Assert.True(converted.Has("TF2206"));
    }

    [Theory]
    [InlineData("qwen3_moe", Switch)]
    [InlineData("gpt_oss", "model.layers.1.mlp.experts.")]
    public void Halves_that_share_A_keep_the_rank_and_return_unchanged(string modelType, string prefix)
    {
        string baseConfig = $$"""{"model_type": "{{modelType}}", "num_hidden_layers": 4, "hidden_size": 6, "moe_intermediate_size": 4, "intermediate_size": 4, "num_experts": 3, "num_local_experts": 3}""";
        SmallAdapter adapter = SmallAdapter.Mlx();
        adapter.MlxExperts(prefix + "gate_proj", 3, 6, 4);
        adapter.MlxExperts(prefix + "up_proj", 3, 6, 4);
        adapter.Put(prefix + "up_proj.lora_a", adapter.Tensors[prefix + "gate_proj.lora_a"].ToArray());

        Converted there = Run.MustConvert(adapter, TargetProfile.Peft, baseConfig);
        Assert.False(there.Has("TF2206"));
        Assert.Equal(6, there.PeftPair(Experts).A.Shape[0]);
        Converted back = Run.MustConvert(there.Open(), TargetProfile.MlxLm, baseConfig);

        Assert.Equal(adapter.Tensors.Keys.Order(StringComparer.Ordinal), back.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(adapter.Tensors.Values, tensor => Assert.Equal(tensor.Bytes, back.Tensor(tensor.Name).Bytes));
    }

    [Fact]
    public void Gpt_oss_halves_take_turns_in_the_rows()
    {
        const string GptBase = """{"model_type": "gpt_oss", "num_hidden_layers": 2, "hidden_size": 6, "intermediate_size": 4, "num_local_experts": 3}""";
        SmallAdapter adapter = SmallAdapter.Mlx();
        DenseArray gate = adapter.MlxExperts(Experts + ".gate_proj", 3, 6, 4);
        DenseArray up = adapter.MlxExperts(Experts + ".up_proj", 3, 6, 4);

        Converted converted = Run.MustConvert(adapter, TargetProfile.Peft, GptBase);

        // Its class is_transposed, so that A acts on axis 1, the input, of (E, in, out).
        DenseArray delta = Packed(converted, Experts, Experts + ".gate_up_proj");
        AssertClose(gate, Dense.Rows(delta, 0, 2, 4));
        AssertClose(up, Dense.Rows(delta, 1, 2, 4));
    }

    [Fact]
    public void Llama4_factors_change_places()
    {
        const string LlamaBase = """{"model_type": "llama4", "text_config": {"num_hidden_layers": 2, "hidden_size": 6, "intermediate_size": 4, "num_local_experts": 3}}""";
        const string Path = "language_model.model.layers.0.feed_forward.experts";
        SmallAdapter adapter = SmallAdapter.Mlx();
        DenseArray gate = adapter.MlxExperts(Path + ".gate_proj", 3, 6, 4);
        DenseArray up = adapter.MlxExperts(Path + ".up_proj", 3, 6, 4);
        DenseArray down = adapter.MlxExperts(Path + ".down_proj", 3, 4, 6);

        Converted converted = Run.MustConvert(adapter, TargetProfile.Peft, LlamaBase);

        DenseArray gateUp = Dense.Transpose(Packed(converted, Path + ".base_layer", Path + ".gate_up_proj"));
        AssertClose(gate, Dense.Rows(gateUp, 0, 1, 4));
        AssertClose(up, Dense.Rows(gateUp, 4, 1, 4));
        AssertClose(down, Dense.Transpose(Packed(converted, Path, Path + ".down_proj")));
    }

    [Theory]
    [InlineData(4, 4, 1)]
    [InlineData(8, 4, 1)]
    [InlineData(4, 4, 2)]
    [InlineData(8, 4, 2)]
    public void Square_experts_return_unchanged(int hidden, int width, int rank)
    {
        string baseConfig = $$"""{"model_type": "qwen3_moe", "num_hidden_layers": 4, "hidden_size": {{hidden}}, "moe_intermediate_size": {{width}}, "num_experts": 3}""";
        SmallAdapter adapter = SmallAdapter.Mlx(rank);
        DenseArray down = adapter.MlxExperts(Switch + "down_proj", 3, width, hidden, rank);
        DenseArray up = adapter.MlxExperts(Switch + "up_proj", 3, hidden, width, rank);

        Converted there = Run.MustConvert(adapter, TargetProfile.Peft, baseConfig);
        AssertClose(down, Packed(there, Experts, Experts + ".down_proj"));
        AssertClose(up, Dense.Rows(Packed(there, Experts + ".base_layer", Experts + ".gate_up_proj"), width, 1, width));

        Converted back = Run.MustConvert(there.Open(), TargetProfile.MlxLm, baseConfig);
        AssertClose(down, back.MlxDeltas()[Switch + "down_proj"].Delta);
        AssertClose(up, back.MlxDeltas()[Switch + "up_proj"].Delta);
    }

    [Theory]
    [InlineData(false, 2, true)]
    [InlineData(true, 2, false)]
    [InlineData(true, 3, true)]
    public void Modules_that_transformers_5_cannot_fuse_are_named(bool withGate, int rank, bool isNamed)
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        adapter.MlxExperts(Switch + "up_proj", 3, 6, 4);
        if (withGate)
        {
            adapter.Random(Switch + "gate_proj.lora_a", 3, rank, 6);
            adapter.Random(Switch + "gate_proj.lora_b", 3, 4, rank);
        }

        Converted modules = Run.MustConvert(adapter, TargetProfile.Peft, Base, new ConversionOptions { TransformersGeneration = 4 });
        Assert.True(isNamed == modules.Has("TF5025"), modules.ToString());
        Assert.False(Run.MustConvert(adapter, TargetProfile.Peft, Base).Has("TF5025"));
    }

    [Fact]
    public void Experts_become_modules_of_their_own_on_demand()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        DenseArray gate = adapter.MlxExperts(Switch + "gate_proj", 3, 6, 4);
        DenseArray down = adapter.MlxExperts(Switch + "down_proj", 3, 4, 6);

        Converted converted = Run.MustConvert(adapter, TargetProfile.Peft, Base, new ConversionOptions { TransformersGeneration = 4 });

        Assert.Null(converted.Config.GetStrings("target_parameters"));
        Assert.Equal(12, converted.Tensors.Count);
        for (int e = 0; e < 3; e++)
        {
            (DenseArray a, DenseArray b) = converted.PeftPair($"{Experts}.{e}.gate_proj");
            Assert.Equal(Dense.Expert(gate, e).Values, Dense.Multiply(b, a).Values);
            (a, b) = converted.PeftPair($"{Experts}.{e}.down_proj");
            Assert.Equal(Dense.Expert(down, e).Values, Dense.Multiply(b, a).Values);
            Assert.Contains($"{Experts}.{e}.down_proj", converted.Config.GetStrings("target_modules")!);
            Assert.Equal(2, converted.PeftScale($"{Experts}.{e}.gate_proj", 2));
        }
    }

    [Fact]
    public void Mixtral_experts_have_their_old_names_as_modules()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        adapter.MlxExperts("model.layers.0.block_sparse_moe.switch_mlp.gate_proj", 2, 6, 4);
        adapter.MlxExperts("model.layers.0.block_sparse_moe.switch_mlp.down_proj", 2, 4, 6);
        adapter.MlxPair("model.layers.0.block_sparse_moe.gate", 6, 2);
        Converted converted = Run.MustConvert(
            adapter,
            TargetProfile.Peft,
            """{"model_type": "mixtral", "num_hidden_layers": 1, "hidden_size": 6, "intermediate_size": 4, "num_local_experts": 2}""",
            new ConversionOptions { TransformersGeneration = 4 });

        string[] expected = ["experts.0.w1", "experts.0.w2", "experts.1.w1", "experts.1.w2", "gate"];
        Assert.Equal(expected.Select(name => "model.layers.0.block_sparse_moe." + name), converted.Config.GetStrings("target_modules")!);
    }

    [Fact]
    public void Experts_of_their_own_return_byte_for_byte_also_where_some_are_not_adapted()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        foreach ((int layer, int expert, string leaf)
            in new[] { (0, 0, "gate_proj"), (0, 2, "gate_proj"), (0, 1, "up_proj"), (3, 1, "down_proj"), (3, 2, "down_proj") })
        {
            (long inputs, long outputs) = leaf == "down_proj" ? (4, 6) : (6, 4);
            adapter.Pair($"model.layers.{layer}.mlp.experts.{expert}.{leaf}", inputs, outputs);
        }

        Converted there = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.Equal([3, 2, 6], there.Tensor("model.layers.0.mlp.switch_mlp.gate_proj.lora_a").Shape);
        Assert.All(Dense.Expert(there.MlxDeltas()["model.layers.0.mlp.switch_mlp.gate_proj"].Delta, 1).Values, value => Assert.Equal(0, value));
        Converted back = Run.MustConvert(there.Open(), TargetProfile.Peft, Base, new ConversionOptions { TransformersGeneration = 4 });

        Assert.Equal(adapter.Tensors.Keys.Order(StringComparer.Ordinal), back.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(adapter.Tensors.Values, tensor => Assert.Equal(tensor.Bytes, back.Tensor(tensor.Name).Bytes));
        Assert.Equal(4, back.Config.GetNumber("lora_alpha", 0));
    }

    [Fact]
    public void Experts_without_a_base_must_be_there_without_a_gap()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.mlp.experts.0.down_proj", 4, 6);
        adapter.Pair("model.layers.0.mlp.experts.2.down_proj", 4, 6);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF4016"], null, new ConversionOptions { ModelType = "qwen3_moe" });
    }

    [Fact]
    public void Experts_of_different_rank_and_scale_are_padded_and_folded()
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set("rank_pattern", """{"experts.1.down_proj": 1}""").Set("alpha_pattern", """{"experts.2.down_proj": 3}""");
        DenseArray[] deltas =
        [
            adapter.Pair("model.layers.0.mlp.experts.0.down_proj", 4, 6),
            adapter.Pair("model.layers.0.mlp.experts.1.down_proj", 4, 6, 1),
            adapter.Pair("model.layers.0.mlp.experts.2.down_proj", 4, 6),
        ];
        OracleDelta actual = Run.MustConvert(adapter, TargetProfile.MlxLm, Base).MlxDeltas()["model.layers.0.mlp.switch_mlp.down_proj"];
        double[] scales = [2, 4, 1.5];
        DeltaComparison.AssertClose(actual.Delta, Dense.Stack([.. deltas.Zip(scales, Dense.Scale)]), 1e-7, "delta");
    }

    [Fact]
    public void Refuses_a_stack_without_experts()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        adapter.Random(Switch + "down_proj.lora_a", 0, 2, 4);
        adapter.Random(Switch + "down_proj.lora_b", 0, 6, 2);
        adapter.MlxPair("model.layers.0.self_attn.q_proj", 6, 6);
        Run.MustRefuse(adapter, TargetProfile.Peft, ["TF2003"], Base);
    }

    [Fact]
    public void Refuses_a_single_expert_that_PEFT_would_not_turn_around()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        adapter.MlxExperts("model.layers.0.mlp.experts.down_proj", 1, 4, 6);
        Run.MustRefuse(adapter, TargetProfile.Peft, ["TF2102"], """{"model_type": "gpt_oss", "num_hidden_layers": 1, "hidden_size": 6, "intermediate_size": 4, "num_local_experts": 1}""");
    }

    [Fact]
    public void Refuses_dora_where_PEFT_reaches_the_layer_as_a_parameter_only()
    {
        SmallAdapter adapter = SmallAdapter.Mlx().Set("fine_tune_type", "\"dora\"");
        adapter.MlxPair("model.layers.0.mlp.gate_proj", 6, 4);
        adapter.Random("model.layers.0.mlp.gate_proj.m", 4);
        Run.MustRefuse(adapter, TargetProfile.Peft, ["TF5002"], Base);
        Run.MustConvert(adapter, TargetProfile.Peft, Base, new ConversionOptions { TransformersGeneration = 4 });
    }
}
