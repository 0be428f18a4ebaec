using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft;

/// <summary>Tensor names as live models, wrappers and third parties write them: read as meant, or refused by name.</summary>
public class WildNameTests
{
    private const string Base = """{"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 6, "vocab_size": 10, "tie_word_embeddings": false}""";
    private const string Module = "model.layers.1.self_attn.q_proj";

    // {0} is the module's path, {1} is A or B.
    [Theory]
    [InlineData("base_model.model.{0}.lora_{1}.weight", false)]
    [InlineData("base_model.model.{0}.lora_{1}.default.weight", true)]
    [InlineData("base_model.model.{0}.lora_{1}.my-adapter.weight", true)]
    [InlineData("base_model.model.{0}.lora_{1}", true)]
    [InlineData("base_model.model.{0}.lora_{1}.default", true)]
    [InlineData("{0}.lora_{1}.weight", true)]
    [InlineData("model.{0}.lora_{1}.weight", true)]
    [InlineData("base_model.model.module.{0}.lora_{1}.weight", true)]
    [InlineData("base_model.model.base_model.model.{0}.lora_{1}.weight", true)]
    [InlineData("module.base_model.model.{0}.lora_{1}.weight", true)]
    [InlineData("module.module.base_model.model.{0}.lora_{1}.default.weight", true)]
    [InlineData("_orig_mod.base_model.model.{0}.lora_{1}.weight", true)]
    [InlineData("base_model._orig_mod.model.{0}.lora_{1}.weight", true)]
    [InlineData("base_model.model._orig_mod.{0}.lora_{1}.weight", true)]
    [InlineData("_fsdp_wrapped_module.base_model.model.{0}._fsdp_wrapped_module.lora_{1}.weight", true)]
    [InlineData("base_model.model.{0}._checkpoint_wrapped_module.lora_{1}.weight", true)]
    public void Is_read_as_meant(string form, bool isOdd)
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set("target_modules", "[\"q_proj\"]");
        DenseArray a = adapter.Random(string.Format(null, form, Module, "A"), 2, 6);
        DenseArray b = adapter.Random(string.Format(null, form, Module, "B"), 6, 2);

        Converted mlx = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        OracleDelta delta = Assert.Single(mlx.MlxDeltas()).Value;
        Assert.Equal(Module, delta.Path);
        DeltaComparison.AssertClose(delta.Delta, Dense.Scale(Dense.Multiply(b, a), 2), 0, form);
        Assert.Equal(isOdd, mlx.Has("TF2013"));

        // Within PEFT the names become those that PEFT itself loads.
        Converted peft = Run.MustConvert(adapter, TargetProfile.Peft);
        Assert.Equal(a.Values, peft.PeftPair(Module).A.Values);
        Assert.Equal(2, peft.Tensors.Count);
    }

    [Theory]
    [InlineData("lora_magnitude_vector")]
    [InlineData("lora_magnitude_vector.weight")]
    [InlineData("lora_magnitude_vector.default.weight")]
    [InlineData("lora_magnitude_vector.default")]
    public void Magnitudes_have_four_spellings(string attribute)
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"use_dora\": true");
        adapter.Pair(Module, 6, 6);
        DenseArray m = adapter.Random($"base_model.model.{Module}.{attribute}", 6);
        Assert.Equal(m.Values, Run.MustConvert(adapter, TargetProfile.MlxLm, Base).MlxDeltas()[Module].Magnitude!.Values);
        Assert.Equal(m.Values, Run.MustConvert(adapter, TargetProfile.Peft).Tensor($"base_model.model.{Module}.lora_magnitude_vector").Values);
    }

    [Fact]
    public void Patterns_reach_modules_whose_prefix_was_cut_off()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"peft_version\": \"0.21.0\"").Set("alpha_pattern", """{"^model\\.layers\\.1\\.self_attn\\.q_proj": 16}""");
        DenseArray a = adapter.Random($"model.{Module}.lora_A.weight", 2, 6);
        DenseArray b = adapter.Random($"model.{Module}.lora_B.weight", 6, 2);
        DeltaComparison.AssertClose(
            Assert.Single(Run.MustConvert(adapter, TargetProfile.MlxLm, Base).MlxDeltas()).Value.Delta, Dense.Scale(Dense.Multiply(b, a), 8), 0, Module);
    }

    [Theory]
    [InlineData("alpha_pattern")]
    [InlineData("rank_pattern")]
    public void Pattern_for_names_whose_root_was_cut_off_is_refused(string field)
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set(field, $$"""{"{{Module}}": 2}""");
        adapter.Pair("layers.1.self_attn.q_proj", 6, 6);
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF3208"], Base);
        Assert.Contains(Module, refused.ToString());

        // A pattern that would match under no root says nothing about the names.
        Run.MustConvert(adapter.Set(field, """{"model.layers.7.self_attn.q_proj": 2}"""), TargetProfile.MlxLm, Base);
    }

    [Theory]
    [InlineData("layers.1.self_attn.q_proj", "LlamaForCausalLM", true)]
    [InlineData("model.model.layers.1.self_attn.q_proj", "LlamaForCausalLM", true)]
    [InlineData("model.layers.1.self_attn.q_proj", "LlamaForCausalLM", false)]
    [InlineData("layers.1.self_attn.q_proj", "LlamaModel", false)]
    public void Root_that_the_base_does_not_have_is_named_within_PEFT(string module, string className, bool isNamed)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair(module, 6, 6);
        Assert.Equal(
            isNamed,
            Run.MustConvert(adapter, TargetProfile.Peft, Base.Replace("{", $"{{\"architectures\": [\"{className}\"], ", StringComparison.Ordinal))
                .Has("TF4024"));
    }

    [Theory]
    [InlineData("lora_embedding_{0}.default")]
    [InlineData("lora_embedding_{0}.default.weight")]
    public void Embedding_factors_have_further_spellings(string attribute)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        DenseArray a = adapter.Random("base_model.model.model.embed_tokens." + string.Format(null, attribute, "A"), 2, 10);
        adapter.Random("base_model.model.model.embed_tokens." + string.Format(null, attribute, "B"), 6, 2);
        Assert.Equal(Dense.Transpose(a).Values, Run.MustConvert(adapter, TargetProfile.MlxLm, Base).Tensor("model.embed_tokens.lora_a").Values);
    }

    [Fact]
    public void Embedding_factors_may_end_with_the_adapters_name()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Random("base_model.model.model.embed_tokens.lora_embedding_A.default", 2, 10);
        adapter.Random("base_model.model.model.embed_tokens.lora_embedding_B.default", 6, 2);
        Assert.Equal([10, 2], Run.MustConvert(adapter, TargetProfile.MlxLm, Base).Tensor("model.embed_tokens.lora_a").Shape);
    }

    [Fact]
    public void A_module_that_is_called_default_keeps_its_name()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.default.q_proj", 6, 6);
        Converted peft = Run.MustConvert(adapter, TargetProfile.Peft);
        Assert.Equal(adapter.Tensors.Keys.Order(StringComparer.Ordinal), peft.Tensors.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Names_that_differ_only_in_their_oddities_are_one_module_twice()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair(Module, 6, 6);
        adapter.Random($"base_model.model.{Module}.lora_A.default.weight", 2, 6);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2004"], Base);
        Run.MustRefuse(adapter, TargetProfile.Peft, ["TF2004"]);
    }

    [Fact]
    public void Other_tensors_may_not_be_there_twice_either()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair(Module, 6, 6);
        adapter.Random("base_model.model.score.weight", 2, 6);
        adapter.Random("base_model.model.score.modules_to_save.default.weight", 2, 6);
        Run.MustRefuse(adapter, TargetProfile.Peft, ["TF2004"]);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    public void Half_a_pair_is_refused(string present)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        adapter.Random($"base_model.model.{Module}.lora_{present}.weight", present == "A" ? [2, 6] : [6, 2]);
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2001"], Base);
        Assert.Contains(Module, refused.ToString());
        Assert.Single(Run.MustConvert(adapter, TargetProfile.MlxLm, Base, new ConversionOptions { Allowed = ["TF2001"] }).MlxDeltas());
    }

    [Fact]
    public void Factors_that_disagree_about_the_rank_are_refused()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Random($"base_model.model.{Module}.lora_A.weight", 2, 6);
        adapter.Random($"base_model.model.{Module}.lora_B.weight", 6, 3);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2002"], Base);
    }

    [Theory]
    [InlineData("base_model.model..lora_A.weight")]
    [InlineData("base_model.model.model..layers.lora_A.weight")]
    [InlineData("lora_A.weight")]
    public void A_name_without_a_usable_path_is_refused(string name)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Random(name, 2, 6);
        adapter.Random(name.Replace("lora_A", "lora_B", StringComparison.Ordinal), 6, 2);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2006"], Base);
    }

    [Theory]
    [InlineData("base_model.model.model.layers.1.self_attn.q_proj.lora_velora_embed")]
    [InlineData("base_model.model.model.layers.1.self_attn.q_proj.lora_monteclora_sampler.expert_weights")]
    [InlineData("base_model.model.model.layers.1.self_attn.q_proj.lora_monteclora_sampler.std_prior")]
    public void What_only_training_reads_is_left_out_with_a_word(string name)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair(Module, 6, 6);
        adapter.Random(name, 3);
        Converted mlx = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.True(mlx.Has("TF2307"));
        Assert.Equal(2, mlx.Tensors.Count);
        Assert.Equal(adapter.Tensors[name].Bytes, Run.MustConvert(adapter, TargetProfile.Peft).Tensor(name).Bytes);
    }

    [Theory]
    [InlineData("base_model.model.model.layers.1.self_attn.q_proj.lora_diag", "TF2005")]
    [InlineData("base_model.model.model.layers.1.self_attn.q_proj.lora_C.weight", "TF2005")]
    [InlineData("base_model.model.model.layers.1.self_attn.q_proj.lora_A.default.extra.weight", "TF2005")]
    [InlineData("base_model.model.model.layers.1.input_layernorm.weight", "TF2301")]
    [InlineData("something_else", "TF2301")]
    public void What_nothing_explains_stops_the_conversion(string name, string code)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair(Module, 6, 6);
        adapter.Random(name, 2);
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, [code], Base);
        Assert.Contains(name, refused.ToString());
    }

    [Fact]
    public void An_adapter_with_nothing_but_unknown_tensors_is_none()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2011"], Base);
    }
}
