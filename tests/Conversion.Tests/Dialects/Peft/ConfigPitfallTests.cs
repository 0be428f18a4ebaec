using System.Text;
using System.Text.Json;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft;

/// <summary>Config fields that change what tensors mean, or that must not be believed.</summary>
public class ConfigPitfallTests
{
    private const string Base = """{"model_type": "llama", "num_hidden_layers": 4, "hidden_size": 6, "vocab_size": 10, "tie_word_embeddings": false}""";
    private const string Q = "model.layers.2.self_attn.q_proj";
    private const string Last = "model.layers.3.self_attn.q_proj";

    private static SmallAdapter Adapter(string fields = "")
    {
        SmallAdapter adapter = SmallAdapter.Peft(fields);
        adapter.Pair(Q, 6, 6);
        adapter.Pair(Last, 6, 6);
        return adapter;
    }

    [Theory]
    [InlineData("[\"q_proj\", \"nowhere\", \"k_proj\"]")]
    [InlineData("\"all-linear\"")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\".*\\\\.(2|3)\\\\..*q_proj\"")]
    [InlineData("\"q_proj\"")]
    [InlineData("\"(unclosed\"")]
    public void What_is_adapted_is_told_by_the_tensors_and_not_by_the_targets(string targets)
    {
        SmallAdapter adapter = Adapter().Set("target_modules", targets).Set("exclude_modules", "[\"model.layers.0.self_attn.q_proj\"]");
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base);
        Assert.Equal([Q, Last], converted.MlxDeltas().Keys.Order(StringComparer.Ordinal));
        Assert.Equal([Q, Last], converted.Config.GetProperty("lora_parameters").GetStrings("keys")!);
        Assert.Equal(4, converted.Config.GetProperty("num_layers").GetInt32());
    }

    [Theory]
    [InlineData("\"layers_to_transform\": [2, 3]")]
    [InlineData("\"layers_to_transform\": 2, \"layers_pattern\": \"layers\"")]
    [InlineData("\"layers_to_transform\": [0], \"layers_pattern\": [\"h\"]")]
    public void Chosen_layers_are_told_by_the_tensors_too(string fields) =>
        Assert.Equal(2, Run.MustConvert(Adapter(fields), TargetProfile.MlxLm, Base).MlxDeltas().Count);

    // Suffixes would inject modules into other layers; whole paths name exactly those of the file.
    [Fact]
    public void PEFT_gets_whole_paths_as_a_list_and_an_initialisation_that_does_nothing()
    {
        SmallAdapter mlx = SmallAdapter.Mlx();
        mlx.MlxPair(Last, 6, 6);
        JsonElement config = Run.MustConvert(mlx, TargetProfile.Peft, Base).Config;
        Assert.Equal([Last], config.GetStrings("target_modules")!);
        Assert.Equal(JsonValueKind.True, config.GetProperty("init_lora_weights").ValueKind);
        Assert.Equal("LORA", config.GetText("peft_type"));
        Assert.Equal("CAUSAL_LM", config.GetText("task_type"));
        Assert.Equal("none", config.GetText("bias"));
        Assert.True(config.GetFlag("inference_mode"));
    }

    [Theory]
    [InlineData("pissa")]
    [InlineData("pissa_niter_16")]
    [InlineData("olora")]
    [InlineData("OLoRA")]
    [InlineData("corda")]
    [InlineData("lora_ga")]
    public void Initialisations_that_change_the_base_are_refused_towards_MLX_and_carried_within_PEFT(string init)
    {
        SmallAdapter adapter = Adapter().Set("init_lora_weights", $"\"{init}\"");
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF3301"], Base);
        Assert.Contains(init, refused.ToString());
        Assert.Contains("path_initial_model_for_weight_conversion", refused.ToString());
        Assert.Equal(init, Run.MustConvert(adapter, TargetProfile.Peft).Config.GetText("init_lora_weights"));
    }

    [Fact]
    public void Loftq_and_kasa_change_the_base_too()
    {
        Run.MustRefuse(Adapter("\"init_lora_weights\": \"loftq\", \"loftq_config\": {\"loftq_bits\": 4}"), TargetProfile.MlxLm, ["TF3301"], Base);
        SmallAdapter kasa = Adapter("\"kasa_config\": {\"beta\": 0.1, \"gamma\": 0.1}");
        kasa.Random($"base_model.model.{Q}.lora_diag", 2);
        Run.MustRefuse(kasa, TargetProfile.MlxLm, ["TF3301"], Base);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("\"gaussian\"")]
    [InlineData("\"Gaussian\"")]
    [InlineData("\"orthogonal\"")]
    [InlineData("\"eva\"")]
    [InlineData("\"mica\"")]
    public void Initialisations_that_leave_the_base_alone_convert(string init) =>
        Run.MustConvert(Adapter().Set("init_lora_weights", init), TargetProfile.MlxLm, Base);

    [Theory]
    [InlineData("\"alora_invocation_tokens\": [1, 2]", "TF3302", "alora_invocation_tokens")]
    [InlineData("\"arrow_config\": {\"top_k\": 2}", "TF3302", "arrow_config")]
    [InlineData("\"use_qalora\": true", "TF3302", "use_qalora")]
    [InlineData("\"use_bdlora\": {\"nblocks\": 2}", "TF3302", "use_bdlora")]
    [InlineData("\"layer_replication\": [[0, 4], [2, 4]]", "TF3303", "layer_replication")]
    [InlineData("\"enable_lora\": [true, false, true]", "TF3108", "enable_lora")]
    public void Variants_with_other_maths_are_refused_by_name(string field, string code, string name) =>
        Assert.Contains(name, Run.MustRefuse(Adapter(field), TargetProfile.MlxLm, [code], Base).ToString());

    [Theory]
    [InlineData(
        "\"alora_invocation_tokens\": null, \"arrow_config\": null, \"use_qalora\": false, \"qalora_group_size\": 16, \"use_bdlora\": null, "
        + "\"layer_replication\": null")]
    [InlineData("\"velora_config\": {\"num_groups\": 64}")]
    [InlineData("\"monteclora_config\": {\"n\": 1}")]
    [InlineData(
        "\"megatron_config\": null, \"megatron_core\": \"megatron.core\", \"loftq_config\": {}, \"eva_config\": null, \"corda_config\": null, "
        + "\"lora_ga_config\": null")]
    [InlineData("\"runtime_config\": {\"ephemeral_gpu_offload\": false}")]
    public void Variants_that_are_off_or_matter_in_training_only_convert(string fields) => Run.MustConvert(Adapter(fields), TargetProfile.MlxLm, Base);

    [Fact]
    public void Fields_that_no_version_knows_are_named_and_carried_within_PEFT()
    {
        SmallAdapter adapter = Adapter("\"my_notes\": {\"a\": 1}");
        Assert.Contains("my_notes", Run.MustConvert(adapter, TargetProfile.MlxLm, Base).ToString());
        Assert.Equal(1, Run.MustConvert(adapter, TargetProfile.Peft).Config.GetProperty("my_notes").GetProperty("a").GetInt32());
    }

    [Fact]
    public void Magnitudes_and_use_dora_must_agree()
    {
        Run.MustRefuse(Adapter("\"use_dora\": true"), TargetProfile.MlxLm, ["TF2015"], Base);
        SmallAdapter ignored = Adapter();
        ignored.Random($"base_model.model.{Q}.lora_magnitude_vector", 6);
        ignored.Random($"base_model.model.{Last}.lora_magnitude_vector", 6);
        Run.MustRefuse(ignored, TargetProfile.MlxLm, ["TF2016"], Base);
        ignored.Set("use_dora", "true");
        Assert.Equal("dora", Run.MustConvert(ignored, TargetProfile.MlxLm, Base).Config.GetText("fine_tune_type"));
    }

    [Fact]
    public void Dora_beside_lora_is_refused()
    {
        SmallAdapter mixed = Adapter("\"use_dora\": true");
        mixed.Random($"base_model.model.{Q}.lora_magnitude_vector", 6);
        Run.MustRefuse(mixed, TargetProfile.MlxLm, ["TF2015"], Base);
    }

    [Fact]
    public void Dora_of_an_embedding_means_another_thing_in_MLX()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"use_dora\": true");
        adapter.Random("base_model.model.model.embed_tokens.lora_embedding_A", 2, 10);
        adapter.Random("base_model.model.model.embed_tokens.lora_embedding_B", 6, 2);
        adapter.Random("base_model.model.model.embed_tokens.lora_magnitude_vector", 6);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF5002"], Base);

        SmallAdapter mlx = SmallAdapter.Mlx().Set("fine_tune_type", "\"dora\"");
        mlx.Random("model.embed_tokens.lora_a", 10, 2);
        mlx.Random("model.embed_tokens.lora_b", 2, 6);
        mlx.Random("model.embed_tokens.m", 10);
        Run.MustRefuse(mlx, TargetProfile.Peft, ["TF5002"], Base);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    public void A_magnitude_of_another_length_is_refused(int length)
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"use_dora\": true");
        adapter.Pair(Q, 6, 6);
        adapter.Random($"base_model.model.{Q}.lora_magnitude_vector", length);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2012"], Base);
    }

    [Fact]
    public void Dropout_is_kept_but_not_where_PEFT_would_refuse_it()
    {
        Assert.Equal(
            0.25,
            Run.MustConvert(Adapter("\"lora_dropout\": 0.25"), TargetProfile.MlxLm, Base).Config.GetProperty("lora_parameters")
                .GetProperty("dropout")
                .GetDouble());

        SmallAdapter mlx = SmallAdapter.Mlx();
        mlx.Config["lora_parameters"]!["dropout"] = 0.25;
        mlx.MlxPair(Q, 6, 6);
        Assert.Equal(0.25, Run.MustConvert(mlx, TargetProfile.Peft, Base).Config.GetNumber("lora_dropout", 0));
        mlx.MlxExperts("model.layers.0.mlp.switch_mlp.down_proj", 2, 4, 6);
        Converted experts = Run.MustConvert(mlx, TargetProfile.Peft, """{"model_type": "qwen3_moe", "num_hidden_layers": 4, "num_experts": 2}""");
        Assert.Equal(0, experts.Config.GetNumber("lora_dropout", 1));
        Assert.True(experts.Has("TF5014"));
    }

    // Conv1D's factors lie as a Linear layer's; the flag is overwritten while PEFT walks through the modules, so it tells nothing.
    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData(null)]
    public void Fan_in_fan_out_changes_nothing_also_where_the_layer_is_square(string? flag)
    {
        const string Gpt2 = """{"model_type": "gpt2", "n_layer": 1, "n_embd": 6}""";
        SmallAdapter adapter = SmallAdapter.Peft(flag is null ? "" : $"\"fan_in_fan_out\": {flag}");
        DenseArray square = adapter.Pair("transformer.h.0.attn.c_proj", 6, 6);
        DenseArray wide = adapter.Pair("transformer.h.0.attn.c_attn", 6, 18);
        IReadOnlyDictionary<string, OracleDelta> deltas = Run.MustConvert(adapter, TargetProfile.MlxLm, Gpt2).MlxDeltas();
        DeltaComparison.AssertClose(deltas["model.h.0.attn.c_proj"].Delta, Dense.Scale(square, 2), 0, "c_proj");
        DeltaComparison.AssertClose(deltas["model.h.0.attn.c_attn"].Delta, Dense.Scale(wide, 2), 0, "c_attn");
    }

    [Fact]
    public void Fused_projections_that_MLX_fuses_too_are_not_split()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.self_attn.qkv_proj", 6, 18);
        adapter.Pair("model.layers.0.mlp.gate_up_proj", 6, 16);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, """{"model_type": "phi3", "num_hidden_layers": 1, "hidden_size": 6}""");
        Assert.Equal(["model.layers.0.mlp.gate_up_proj", "model.layers.0.self_attn.qkv_proj"], converted.MlxDeltas().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_router_called_gate_and_a_projection_called_gate_proj_are_two_things()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.mlp.gate", 6, 2);
        adapter.Pair("model.layers.0.mlp.experts.0.gate_proj", 6, 4);
        adapter.Pair("model.layers.0.mlp.experts.1.gate_proj", 6, 4);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, """{"model_type": "qwen3_moe", "num_hidden_layers": 1, "num_experts": 2}""");
        Assert.Equal(["model.layers.0.mlp.gate", "model.layers.0.mlp.switch_mlp.gate_proj"], converted.MlxDeltas().Keys.Order(StringComparer.Ordinal));
    }

    // The pair of in_proj hangs on the attention itself, and the other one below base_layer.
    [Fact]
    public void Multi_head_attention_is_refused_by_name_and_carried_within_PEFT()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.attn", 6, 18);
        adapter.Pair("model.layers.0.attn.base_layer.out_proj", 6, 6);
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF4010"], Base);
        Assert.Equal(2, refused.Result.Findings.Count(finding => finding.Severity == Severity.Error));
        Assert.Equal(
            adapter.Tensors.Keys.Order(StringComparer.Ordinal), Run.MustConvert(adapter, TargetProfile.Peft).Tensors.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.q_proj", 3)]
    [InlineData("model.visual.patch_embed.proj", 4)]
    [InlineData("model.visual.patch_embed.proj", 5)]
    public void Convolutions_are_refused_by_name_and_carried_within_PEFT(string module, int dimensions)
    {
        long[] kernel = [.. Enumerable.Repeat(3L, dimensions - 2)];
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Random($"base_model.model.{module}.lora_A.weight", [2, 6, .. kernel]);
        adapter.Random($"base_model.model.{module}.lora_B.weight", [6, 2, .. kernel.Select(_ => 1L)]);
        Assert.Contains("convolutions", Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF5001"], Base).ToString());
        Converted carried = Run.MustConvert(adapter, TargetProfile.Peft);
        Assert.All(adapter.Tensors.Values, tensor => Assert.Equal(tensor.Bytes, carried.Tensor(tensor.Name).Bytes));
    }

    [Theory]
    [InlineData("model.embed_tokens", "lora_A.weight", "lora_B.weight")]
    [InlineData("model.layers.0.self_attn.q_proj", "lora_embedding_A", "lora_embedding_B")]
    public void Factors_of_another_kind_of_layer_are_refused(string module, string a, string b)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Random($"base_model.model.{module}.{a}", 2, 6);
        adapter.Random($"base_model.model.{module}.{b}", 6, 2);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF4015"], Base);
    }

    [Theory]
    [InlineData("lora_only", "0.18.1", true)]
    [InlineData("lora_only", null, true)]
    [InlineData("lora_only", "0.21.0", false)]
    [InlineData("all", "0.18.1", false)]
    [InlineData("none", "0.18.1", false)]
    public void Biases_that_old_versions_lost_are_mentioned(string bias, string? version, bool warns)
    {
        SmallAdapter adapter = Adapter($"\"bias\": \"{bias}\"");
        if (version is not null)
        {
            adapter.Set("peft_version", $"\"{version}\"");
        }

        Assert.Equal(warns, Run.MustConvert(adapter, TargetProfile.MlxLm, Base).Has("TF3126"));
    }

    [Theory]
    [InlineData("model.layers.2.self_attn.q_proj.base_layer.bias", "lora_only", "TF2302")]
    [InlineData("model.layers.2.self_attn.q_proj.bias", "lora_only", "TF2302")]
    [InlineData("model.layers.0.mlp.up_proj.bias", "all", "TF2302")]
    [InlineData("model.layers.2.self_attn.q_proj.lora_B.bias", "none", "TF2303")]
    [InlineData("score.weight", "none", "TF2301")]
    [InlineData("lm_head.weight", "none", "TF2304")]
    [InlineData("model.embed_tokens.weight", "none", "TF2304")]
    [InlineData("model.embed_tokens.base_layer.weight", "none", "TF2304")]
    [InlineData("model.embed_tokens.token_adapter.trainable_tokens_delta", "none", "TF2306")]
    public void Replacements_are_refused_and_can_be_dropped_knowingly(string name, string bias, string code)
    {
        SmallAdapter adapter = Adapter(
            $"\"bias\": \"{bias}\", \"peft_version\": \"0.21.0\", \"modules_to_save\": {(code == "TF2301" ? "[\"score\"]" : "null")}");
        if (code == "TF2306")
        {
            adapter.Set("trainable_token_indices", "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
        }

        DenseArray values = adapter.Random("base_model.model." + name, name.EndsWith("bias", StringComparison.Ordinal) ? [6] : [10, 6]);
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, [code], Base);
        Assert.Contains(name, refused.ToString());
        Assert.Contains("merge_and_unload", refused.ToString());

        Converted dropped = Run.MustConvert(adapter, TargetProfile.MlxLm, Base, new ConversionOptions { Allowed = [code] });
        Assert.Equal(4, dropped.Tensors.Count);
        Assert.Contains(dropped.Result.Findings, finding => finding.Code.Id == code && finding.Severity == Severity.Warning);
        Assert.Equal(values.Values, Run.MustConvert(adapter, TargetProfile.Peft).Tensor("base_model.model." + name).Values);
    }

    [Fact]
    public void A_trained_module_that_is_not_in_the_file_was_lost()
    {
        SmallAdapter adapter = Adapter("\"modules_to_save\": [\"lm_head\"]");
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF3124"], Base);
        Run.MustRefuse(adapter, TargetProfile.Peft, ["TF3124"], Base);
        Run.MustConvert(adapter, TargetProfile.MlxLm, Base, new ConversionOptions { Allowed = ["TF3124"] });

        // PEFT adds this name for the task, whether the model has it or not.
        Run.MustConvert(Adapter("\"modules_to_save\": [\"score\"]").Set("task_type", "\"SEQ_CLS\""), TargetProfile.Peft, Base);
    }

    [Fact]
    public void Rows_of_tokens_and_their_indices_belong_together()
    {
        Run.MustRefuse(Adapter("\"trainable_token_indices\": [3, 5]"), TargetProfile.MlxLm, ["TF3125"], Base);
        SmallAdapter rows = Adapter("\"trainable_token_indices\": [3]");
        rows.Random("base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta", 2, 6);
        Run.MustRefuse(rows, TargetProfile.Peft, ["TF3125"], Base);
        foreach (string wrong
            in new[] { "[3, 3]", "[3, -5]", "{\"embed_tokens\": [3, -5]}", "{\"lm_head\": [3, 5]}", "{\"embed_tokens\": [3, 5], \"lm_head\": [1]}" })
        {
            Run.MustRefuse(rows.Set("trainable_token_indices", wrong), TargetProfile.Peft, ["TF3125"], Base);
        }

        foreach (string right in new[] { "[3, 5]", "{\"embed_tokens\": [3, 5]}", "{\"embed_tokens\": [3, 5], \"lm_head\": []}" })
        {
            Run.MustConvert(rows.Set("trainable_token_indices", right), TargetProfile.Peft, Base);
        }

        // PEFT wraps the embedding for an empty list too, and then misses its rows.
        Run.MustRefuse(Adapter("\"trainable_token_indices\": []"), TargetProfile.Peft, ["TF5060"], Base);
    }

    // A head listed in modules_to_save was trained; the same tensor without the list was saved along.
    [Fact]
    public void A_trained_head_is_no_saved_embedding()
    {
        SmallAdapter adapter = Adapter("\"modules_to_save\": [\"lm_head\"]");
        adapter.Random("base_model.model.lm_head.weight", 10, 6);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2301"], Base);
    }

    [Theory]
    [InlineData("IA3")]
    [InlineData("PREFIX_TUNING")]
    [InlineData("POLY")]
    [InlineData("XLORA")]
    public void Other_methods_are_refused_and_carried(string method)
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set("peft_type", $"\"{method}\"");
        adapter.Random("base_model.model.model.layers.0.self_attn.k_proj.some_parameter", 6, 1);
        Converted refused = Run.InMemory(adapter.Open(), TargetProfile.MlxLm, Base);
        Assert.NotEmpty(refused.Errors);
        Assert.Contains(method, refused.ToString());
        Converted carried = Run.MustConvert(adapter, TargetProfile.Peft);
        Assert.Equal(adapter.Tensors.Values.Single().Bytes, carried.Tensors.Values.Single().Bytes);
    }

    [Fact]
    public void A_method_that_nobody_knows_is_refused() => Run.MustRefuse(Adapter().Set("peft_type", "\"LORRA\""), TargetProfile.MlxLm, ["TF3103"], Base);

    [Fact]
    public void The_written_files_say_what_their_readers_ask_for()
    {
        SmallAdapter mlx = SmallAdapter.Mlx();
        mlx.MlxPair(Q, 6, 6);
        Converted peft = Run.MustConvert(mlx, TargetProfile.Peft, Base);
        Assert.Contains("\"__metadata__\":{\"format\":\"pt\"}", Encoding.UTF8.GetString(peft.Files["adapter_model.safetensors"].Span[8..200]));
        Converted back = Run.MustConvert(Adapter(), TargetProfile.MlxLm, Base);
        Assert.Contains("\"num_layers\": 4\n", Encoding.UTF8.GetString(back.Files["adapter_config.json"].Span));
    }

    [Fact]
    public void A_quantized_base_is_mentioned()
    {
        Converted converted = Run.MustConvert(
            Adapter(), TargetProfile.MlxLm,
            Base.Replace("\"hidden_size\"", "\"quantization\": {\"group_size\": 64, \"bits\": 4}, \"hidden_size\"", StringComparison.Ordinal));
        Assert.True(converted.Has("TF5040"));
    }
}
