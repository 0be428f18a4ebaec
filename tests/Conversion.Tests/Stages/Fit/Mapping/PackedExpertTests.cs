using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Stages.Fit.Mapping;

/// <summary>Experts that PEFT adapted as packed parameters, to MLX: what each expert changes, by plain loops.</summary>
public class PackedExpertTests
{
    private const string Version = "\"peft_version\": \"0.21.0\"";

    private static string Targets(params string[] paths) => $"\"target_parameters\": [{string.Join(", ", paths.Select(path => $"\"{path}\""))}]";

    private static string QwenBase(int hidden, int width, int experts = 3, int layers = 2) =>
        $$"""{"model_type": "qwen3_moe", "num_hidden_layers": {{layers}}, "hidden_size": {{hidden}}, "moe_intermediate_size": {{width}}, "num_experts": {{experts}}, "tie_word_embeddings": false}""";

    private const string LongCatBase =
        """{"model_type": "longcat_flash", "num_layers": 2, "hidden_size": 6, "expert_ffn_hidden_size": 4, "n_routed_experts": 3, "zero_expert_num": 2, "num_attention_heads": 2}""";

    private static string LlamaBase(int hidden, int width) =>
        $$"""{"model_type": "llama4", "text_config": {"num_hidden_layers": 2, "hidden_size": {{hidden}}, "intermediate_size": {{width}}, "num_local_experts": 3} }""";

    private static void AssertExperts(Converted converted, string module, DenseArray expected, double scale = 2)
    {
        OracleDelta actual = converted.MlxDeltas()[module];
        Assert.Equal(expected.Shape, actual.Delta.Shape);
        DeltaComparison.AssertClose(actual.Delta, Dense.Scale(expected, scale), 0, module);
    }

    private static DenseArray Half(DenseArray delta, int half) => Dense.Rows(delta, half * delta.Shape[1] / 2, 1, delta.Shape[1] / 2);

    // gate_up_proj maps H to 2 I, down_proj maps I to H: square together, alone, or not at all.
    [Theory]
    [InlineData(4, 4)]
    [InlineData(8, 4)]
    [InlineData(6, 4)]
    [InlineData(4, 8)]
    public void Converts_both_parameters_of_any_proportion(int hidden, int width)
    {
        foreach (string? baseConfig in new[] { QwenBase(hidden, width), null })
        {
            SmallAdapter adapter = SmallAdapter.Peft(Version + ", " + Targets("mlp.experts.gate_up_proj", "mlp.experts.down_proj"));
            DenseArray gateUp = adapter.Packed("model.layers.0.mlp.experts.base_layer", 3, hidden, 2 * width);
            DenseArray down = adapter.Packed("model.layers.0.mlp.experts", 3, width, hidden);

            Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, baseConfig, new ConversionOptions { ModelType = "qwen3_moe" });

            AssertExperts(converted, "model.layers.0.mlp.switch_mlp.gate_proj", Half(gateUp, 0));
            AssertExperts(converted, "model.layers.0.mlp.switch_mlp.up_proj", Half(gateUp, 1));
            AssertExperts(converted, "model.layers.0.mlp.switch_mlp.down_proj", down);
            Assert.Equal(baseConfig is null, converted.Has("TF4022"));
        }
    }

    [Theory]
    [InlineData(4, 4, "down_proj")]
    [InlineData(8, 4, "gate_up_proj")]
    public void A_square_parameter_alone_is_read_by_the_version_that_wrote_it(int hidden, int width, string parameter)
    {
        int inputs = parameter == "down_proj" ? width : hidden;
        SmallAdapter adapter = SmallAdapter.Peft(Targets($"model.layers.0.mlp.experts.{parameter}"));
        DenseArray delta = adapter.Packed("model.layers.0.mlp.experts", 3, inputs, hidden);
        string baseConfig = QwenBase(hidden, width);

        foreach (string version in new[] { "0.17.1", "0.18.1", "0.19.0", "0.19.0.dev0", "nonsense" })
        {
            adapter.Set("peft_version", $"\"{version}\"");
            Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2102"], baseConfig);
        }

        adapter.Config.Remove("peft_version");
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2102"], baseConfig);
        foreach (string version in new[] { "0.19.1", "0.20.1.dev0@5d602fdb", "0.21.0", "1.0.0" })
        {
            adapter.Set("peft_version", $"\"{version}\"");
            AssertParameter(Run.MustConvert(adapter, TargetProfile.MlxLm, baseConfig), delta);
        }

        adapter.Config.Remove("peft_version");
        AssertParameter(
            Run.MustConvert(adapter, TargetProfile.MlxLm, baseConfig, new ConversionOptions { ExpertOrientation = ExpertOrientation.InputFirst }), delta);
        AssertParameter(
            Run.MustConvert(adapter, TargetProfile.MlxLm, baseConfig, new ConversionOptions { ExpertOrientation = ExpertOrientation.OutputFirst }),
            Dense.Transpose(delta));

        void AssertParameter(Converted converted, DenseArray expected)
        {
            if (parameter == "down_proj")
            {
                AssertExperts(converted, "model.layers.0.mlp.switch_mlp.down_proj", expected);
                return;
            }

            AssertExperts(converted, "model.layers.0.mlp.switch_mlp.gate_proj", Half(expected, 0));
            AssertExperts(converted, "model.layers.0.mlp.switch_mlp.up_proj", Half(expected, 1));
        }
    }

    [Theory]
    [InlineData(2, 2, 3)]
    [InlineData(2, 4, 3)]
    [InlineData(4, 2, 3)]
    public void Without_a_base_the_ranks_tell_how_many_experts_there_are(int rankOfGateUp, int rankOfDown, int experts)
    {
        SmallAdapter adapter = SmallAdapter.Peft(
            $"{Version}, \"rank_pattern\": {{\"gate_up_proj\": {rankOfGateUp}, \"down_proj\": {rankOfDown}}}, \"use_rslora\": false, "
            + $"\"alpha_pattern\": {{\"gate_up_proj\": {2 * rankOfGateUp}, \"down_proj\": {2 * rankOfDown}}}, "
            + Targets("mlp.experts.gate_up_proj", "mlp.experts.down_proj"));
        DenseArray gateUp = adapter.Packed("model.layers.0.mlp.experts.base_layer", experts, 6, 8, rankOfGateUp);
        DenseArray down = adapter.Packed("model.layers.0.mlp.experts", experts, 4, 6, rankOfDown);

        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, null, new ConversionOptions { ModelType = "qwen3_moe" });

        AssertExperts(converted, "model.layers.0.mlp.switch_mlp.up_proj", Half(gateUp, 1));
        AssertExperts(converted, "model.layers.0.mlp.switch_mlp.down_proj", down);
    }

    [Fact]
    public void Without_a_base_refuses_parameters_with_different_numbers_of_experts()
    {
        SmallAdapter adapter = SmallAdapter.Peft(Version + ", " + Targets("mlp.experts.gate_up_proj", "mlp.experts.down_proj"));
        adapter.Packed("model.layers.0.mlp.experts.base_layer", 3, 6, 8);
        adapter.Packed("model.layers.0.mlp.experts", 2, 4, 6);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2101"], null, new ConversionOptions { ModelType = "qwen3_moe" });
    }

    [Theory]
    [InlineData(8, 6, 4, 8)]
    [InlineData(6, 8, 4, 7)]
    [InlineData(6, 8, 5, 6)]
    public void Sizes_that_fit_no_model_tell_nothing_of_the_side(int inputs, int outputs, int inputsOfDown, int outputsOfDown)
    {
        SmallAdapter adapter = SmallAdapter.Peft(Targets("mlp.experts.gate_up_proj", "mlp.experts.down_proj"));
        adapter.Packed("model.layers.0.mlp.experts.base_layer", 3, inputs, outputs);
        adapter.Packed("model.layers.0.mlp.experts", 3, inputsOfDown, outputsOfDown);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2102"], null, new ConversionOptions { ModelType = "qwen3_moe" });
    }

    [Fact]
    public void A_square_parameter_follows_its_sibling_that_is_not_square()
    {
        // Written the other way round, as PEFT 0.18 did: A acts on the output. H = I, so that down is square and gate_up is not.
        SmallAdapter adapter = SmallAdapter.Peft(Targets("mlp.experts.gate_up_proj", "mlp.experts.down_proj"));
        DenseArray gateUp = Dense.Transpose(adapter.Packed("model.layers.0.mlp.experts.base_layer", 3, 8, 4));
        DenseArray down = Dense.Transpose(adapter.Packed("model.layers.0.mlp.experts", 3, 4, 4));

        foreach (string? baseConfig in new[] { QwenBase(4, 4), null })
        {
            Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, baseConfig, new ConversionOptions { ModelType = "qwen3_moe" });
            AssertExperts(converted, "model.layers.0.mlp.switch_mlp.up_proj", Half(gateUp, 1));
            AssertExperts(converted, "model.layers.0.mlp.switch_mlp.down_proj", down);
        }
    }

    // llama4 holds (E, in, out) and its class has no is_transposed: 0.18 lets A act on axis 1, the input, 0.19.1 and later on axis 2, the output.
    [Theory]
    [InlineData("0.18.1", true)]
    [InlineData("0.21.0", false)]
    public void Llama4_of_either_orientation_is_told_by_its_sizes(string version, bool inputFirst)
    {
        const string Experts = "language_model.model.layers.0.feed_forward.experts";
        SmallAdapter adapter = SmallAdapter.Peft(
            $"\"peft_version\": \"{version}\", " + Targets("feed_forward.experts.gate_up_proj", "feed_forward.experts.down_proj"));
        DenseArray gateUp = inputFirst ? adapter.Packed(Experts + ".base_layer", 3, 6, 8) : Dense.Transpose(adapter.Packed(Experts + ".base_layer", 3, 8, 6));
        DenseArray down = inputFirst ? adapter.Packed(Experts, 3, 4, 6) : Dense.Transpose(adapter.Packed(Experts, 3, 6, 4));

        foreach (string? baseConfig in new[] { LlamaBase(6, 4), null })
        {
            Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, baseConfig, new ConversionOptions { ModelType = "llama4" });
            AssertExperts(converted, Experts + ".gate_proj", Half(gateUp, 0));
            AssertExperts(converted, Experts + ".up_proj", Half(gateUp, 1));
            AssertExperts(converted, Experts + ".down_proj", down);
        }
    }

    [Fact]
    public void A_square_llama4_parameter_of_a_known_version_acts_on_the_output()
    {
        const string Experts = "language_model.model.layers.0.feed_forward.experts";
        SmallAdapter adapter = SmallAdapter.Peft(Version + ", " + Targets("feed_forward.experts.down_proj"));
        DenseArray down = Dense.Transpose(adapter.Packed(Experts, 3, 4, 4));
        AssertExperts(Run.MustConvert(adapter, TargetProfile.MlxLm, LlamaBase(4, 4)), Experts + ".down_proj", down);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Takes_gpt_oss_rows_by_turns(int rank)
    {
        SmallAdapter adapter = SmallAdapter.Peft($"{Version}, \"target_parameters\": [\"mlp.experts.gate_up_proj\"]").Set("r", $"{rank}");
        DenseArray gateUp = adapter.Packed("model.layers.1.mlp.experts", 4, 6, 8, rank);
        Converted converted = Run.MustConvert(
            adapter, TargetProfile.MlxLm, """{"model_type": "gpt_oss", "num_hidden_layers": 2, "hidden_size": 6, "intermediate_size": 4, "num_local_experts": 4}""");

        AssertExperts(converted, "model.layers.1.mlp.experts.gate_proj", Dense.Rows(gateUp, 0, 2, 4), 4.0 / rank);
        AssertExperts(converted, "model.layers.1.mlp.experts.up_proj", Dense.Rows(gateUp, 1, 2, 4), 4.0 / rank);
    }

    [Fact]
    public void Ranks_that_differ_between_parameters_and_layers_are_told_apart()
    {
        SmallAdapter adapter = SmallAdapter.Peft(Version + ", " + Targets("mlp.experts.gate_up_proj", "mlp.experts.down_proj"))
            .Set("rank_pattern", """{".*\\.gate_up_proj": 4, "layers.1.mlp.experts.down_proj": 1}""")
            .Set("alpha_pattern", """{".*\\.gate_up_proj": 8}""");
        DenseArray gateUp = adapter.Packed("model.layers.0.mlp.experts.base_layer", 3, 6, 8, 4);
        DenseArray down = adapter.Packed("model.layers.0.mlp.experts", 3, 4, 6, 2);
        DenseArray downOfNext = adapter.Packed("model.layers.1.mlp.experts", 3, 4, 6, 1);
        adapter.Packed("model.layers.1.mlp.experts.base_layer", 3, 6, 8, 4);

        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, QwenBase(6, 4));

        // 8 / 4 and 4 / 2 are 2; 4 / 1 is 4.
        AssertExperts(converted, "model.layers.0.mlp.switch_mlp.up_proj", Half(gateUp, 1));
        AssertExperts(converted, "model.layers.0.mlp.switch_mlp.down_proj", down);
        AssertExperts(converted, "model.layers.1.mlp.switch_mlp.down_proj", downOfNext, 4);
        Assert.True(converted.Has("TF2201"));
        Assert.True(converted.Has("TF2203"));
    }

    [Theory]
    [InlineData("gate_up_proj")]
    [InlineData("down_proj")]
    public void An_item_without_a_dot_names_the_parameter_too(string parameter)
    {
        SmallAdapter adapter = SmallAdapter.Peft(Version + ", " + Targets(parameter)).Set("target_modules", """["q_proj"]""");
        DenseArray delta = parameter == "down_proj"
            ? adapter.Packed("model.layers.0.mlp.experts", 3, 4, 6)
            : adapter.Packed("model.layers.0.mlp.experts", 3, 6, 8);
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);

        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, QwenBase(6, 4));

        AssertExperts(
            converted, $"model.layers.0.mlp.switch_mlp.{(parameter == "down_proj" ? "down_proj" : "gate_proj")}",
            parameter == "down_proj" ? delta : Half(delta, 0));
        Assert.Contains("model.layers.0.self_attn.q_proj", converted.MlxDeltas().Keys);
    }

    [Theory]
    [InlineData("qwen3_moe", 1, true)]
    [InlineData("gpt_oss", 1, false)]
    public void A_single_expert_is_added_as_it_lies(string modelType, int experts, bool converts)
    {
        SmallAdapter adapter = SmallAdapter.Peft(Targets("mlp.experts.down_proj"));
        DenseArray down = adapter.Packed("model.layers.0.mlp.experts", experts, 4, 4);
        string baseConfig = $$"""{"model_type": "{{modelType}}", "num_hidden_layers": 1, "hidden_size": 4, "moe_intermediate_size": 4, "intermediate_size": 4, "num_experts": 1, "num_local_experts": 1}""";
        if (converts)
        {
            AssertExperts(Run.MustConvert(adapter, TargetProfile.MlxLm, baseConfig), "model.layers.0.mlp.switch_mlp.down_proj", down);
        }
        else
        {
            Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2102"], baseConfig);
        }
    }

    [Fact]
    public void A_single_expert_that_PEFT_could_not_have_trained_is_refused()
    {
        SmallAdapter adapter = SmallAdapter.Peft(Targets("mlp.experts.down_proj"));
        adapter.Packed("model.layers.0.mlp.experts", 1, 6, 4);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2102"], QwenBase(6, 4, experts: 1));
    }

    [Fact]
    public void Layers_without_adapters_stay_without()
    {
        SmallAdapter adapter = SmallAdapter.Peft(Version + ", " + Targets("model.layers.1.mlp.experts.gate_up_proj"));
        adapter.Packed("model.layers.1.mlp.experts", 3, 6, 8);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, QwenBase(6, 4, layers: 4));
        Assert.Equal(
            ["model.layers.1.mlp.switch_mlp.gate_proj", "model.layers.1.mlp.switch_mlp.up_proj"], converted.MlxDeltas().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Refuses_factors_of_another_number_of_experts_or_of_other_sizes()
    {
        SmallAdapter four = SmallAdapter.Peft(Version + ", " + Targets("mlp.experts.down_proj"));
        four.Packed("model.layers.0.mlp.experts", 4, 4, 6);
        Run.MustRefuse(four, TargetProfile.MlxLm, ["TF4014"], QwenBase(6, 4));

        SmallAdapter odd = SmallAdapter.Peft(Version + ", " + Targets("mlp.experts.down_proj")).Set("r", "4");
        odd.Packed("model.layers.0.mlp.experts", 3, 4, 6);
        Run.MustRefuse(odd, TargetProfile.MlxLm, ["TF2101"], QwenBase(6, 4));

        SmallAdapter wide = SmallAdapter.Peft(Version + ", " + Targets("mlp.experts.down_proj"));
        wide.Packed("model.layers.0.mlp.experts", 3, 5, 6);
        Run.MustRefuse(wide, TargetProfile.MlxLm, ["TF4015"], QwenBase(6, 4));
    }

    [Fact]
    public void Refuses_packed_experts_whose_parameters_the_config_does_not_name()
    {
        SmallAdapter adapter = SmallAdapter.Peft(Version + ", " + Targets("mlp.experts.down_proj"));
        adapter.Packed("model.layers.0.mlp.experts.base_layer", 3, 6, 8);
        adapter.Packed("model.layers.0.mlp.experts", 3, 4, 6);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2103"], QwenBase(6, 4));
    }

    // gate_up_proj holds the zero experts too, down_proj does not.
    [Fact]
    public void LongCats_zero_experts_are_left_out()
    {
        SmallAdapter adapter = SmallAdapter.Peft(Version + ", " + Targets("mlp.experts.gate_up_proj", "mlp.experts.down_proj"));
        DenseArray gateUp = adapter.Packed("model.layers.0.mlp.experts.base_layer", 5, 6, 8);
        DenseArray down = adapter.Packed("model.layers.0.mlp.experts", 3, 4, 6);

        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, LongCatBase);

        DenseArray routed = Dense.Stack([.. Enumerable.Range(0, 3).Select(e => Dense.Expert(gateUp, e))]);
        AssertExperts(converted, "model.layers.0.mlp.switch_mlp.gate_proj", Half(routed, 0));
        AssertExperts(converted, "model.layers.0.mlp.switch_mlp.up_proj", Half(routed, 1));
        AssertExperts(converted, "model.layers.0.mlp.switch_mlp.down_proj", down);
        Assert.True(converted.Has("TF4012"));
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF4016"], null, new ConversionOptions { ModelType = "longcat_flash" });
    }

    [Fact]
    public void LongCats_zero_experts_are_there_again_in_PEFT()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        DenseArray up = adapter.MlxExperts("model.layers.0.mlp.switch_mlp.up_proj", 3, 6, 4);

        Converted converted = Run.MustConvert(adapter, TargetProfile.Peft, LongCatBase);

        (DenseArray a, DenseArray b) = converted.PeftPair("model.layers.0.mlp.experts");
        DenseArray delta = SmallAdapter.UnpackedDelta(a, b, 5);
        Assert.Equal([5, 8, 6], delta.Shape);
        Assert.Equal(Dense.Stack([.. Enumerable.Range(0, 3).Select(e => Dense.Expert(up, e))]).Values, Dense.Rows(delta, 4, 1, 4).Values[..72]);
        Assert.All(Dense.Rows(delta, 0, 1, 4).Values, value => Assert.Equal(0, value));
        Assert.All(delta.Values[(3 * 48)..], value => Assert.Equal(0, value));
    }
}
