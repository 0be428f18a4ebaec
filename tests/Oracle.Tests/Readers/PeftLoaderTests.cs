namespace Transfuse.Oracle.Tests.Readers;

public class PeftLoaderTests
{
    private const string Q0 = "base_model.model.model.layers.0.self_attn.q_proj";

    private static readonly HfBase Llama = HfBase.Fixture("llama");
    private static readonly HfBase Mixtral = HfBase.Fixture("mixtral");
    private static readonly HfBase DeepSeek = HfBase.Fixture("deepseek_v3");
    private static readonly HfBase GptOss = HfBase.Fixture("gpt_oss");

    [Fact]
    public void Loads_every_lora_fixture_as_the_oracle_reads_it()
    {
        int cases = CaseLoop.Run(Fixtures.PeftCases.Where(c => c.PeftType == "LORA"), fixture =>
        {
            HfBase hfBase = HfBase.Fixture(fixture.Base);
            ReaderReport report = PeftLoader.Load(fixture.AdapterFolder, hfBase);
            ReaderAssert.Intended(report);
            PeftReading reading = PeftOracle.Read(fixture.AdapterFolder, hfBase);
            Assert.Equal(reading.Replacements.Keys.Order(StringComparer.Ordinal), report.Replaced.Keys.Order(StringComparer.Ordinal));
            HubMapping hub = new(hfBase.ModelType, hfBase.Experts);
            IReadOnlyDictionary<string, DenseArray> expected = hub.ToHf(hub.ToMlx(reading.DeltaArrays).Deltas).Deltas;
            Dictionary<string, DenseArray> applied = report.Applied
                .Where(d => !d.Key.EndsWith(".kv_b_proj.weight", StringComparison.Ordinal)).ToDictionary(d => d.Key, d => d.Value.Delta);
            DeltaComparison.AssertClose(applied, expected, 1e-14);
            Assert.Equal(reading.Deltas.Values.Count(d => d.Magnitude is not null), report.Applied.Values.Count(d => d.Magnitude is not null));
        });
        Assert.Equal(34, cases);
    }

    [Theory]
    [InlineData("peft_type", null, "KeyError: peft_type")]
    [InlineData("task_type", "\"CHAT\"", "ValueError: task_type")]
    [InlineData("target_modules", "[\"nothing\"]", "ValueError: no module")]
    [InlineData("target_modules", "[\"self_attn\"]", "ValueError: Target module model.layers.0.self_attn is not supported")]
    [InlineData("layers_pattern", "\"layers\"", "ValueError: layers_pattern")]
    [InlineData("r", "4", "RuntimeError: size mismatch")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "KeyError: lm_head.weight")]
    [InlineData("target_parameters", "\"mlp.down_proj.weight\"", "TypeError: target_parameters")]
    public void Refuses_what_the_reference_lists(string path, string? json, string error) =>
        ReaderAssert.Fails(ReaderAssert.Changed("llama_qv", f => PeftLoader.Load(f, Llama), c => c.Set(path, json)), error);

    [Fact]
    public void Config_and_not_the_file_decides_which_adapters_exist()
    {
        ReaderReport fewer = ReaderAssert.Changed("llama_qv", f => PeftLoader.Load(f, Llama), c => c.Set("target_modules", "[\"q_proj\"]"));
        Assert.True(fewer.Loads);
        Assert.Equal(3, fewer.Applied.Count);
        Assert.Equal(6, fewer.Silent.Count(s => s.StartsWith("unexpected key", StringComparison.Ordinal)));
        ReaderReport more = ReaderAssert.Changed(
            "llama_qv", f => PeftLoader.Load(f, Llama), c => c.Set("target_modules", "[\"q_proj\", \"v_proj\", \"k_proj\"]"));
        Assert.Equal(6, more.Applied.Count);
        Assert.Equal(3, more.Silent.Count);
        Assert.All(more.Silent, s => Assert.EndsWith("it has no effect", s, StringComparison.Ordinal));
    }

    [Fact]
    public void All_linear_means_every_linear_but_the_head()
    {
        ReaderReport report = ReaderAssert.Changed("llama_all_linear", f => PeftLoader.Load(f, Llama), c => c.Set("target_modules", "\"all-linear\""));
        ReaderAssert.Intended(report);
        Assert.Equal(21, report.Applied.Count);
    }

    [Fact]
    public void Missing_factors_are_random_or_without_effect()
    {
        ReaderReport half = ReaderAssert.Changed("llama_qv", f => PeftLoader.Load(f, Llama), c => c.Tensors.Remove(Q0 + ".lora_A.weight"));
        Assert.Equal("missing adapter keys for model.layers.0.self_attn.q_proj.weight: its factors are random", Assert.Single(half.Silent));
        ReaderReport none = ReaderAssert.Changed("llama_qv", f => PeftLoader.Load(f, Llama), c =>
        {
            c.Set("init_lora_weights", "false");
            c.Tensors.Remove(Q0 + ".lora_A.weight");
            c.Tensors.Remove(Q0 + ".lora_B.weight");
        });
        Assert.EndsWith("its factors are random", Assert.Single(none.Silent), StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_without_the_prefix_are_not_matched()
    {
        ReaderReport report = ReaderAssert.Changed("llama_qv", f => PeftLoader.Load(f, Llama), c =>
        {
            foreach (OracleTensor tensor in c.Tensors.Values.ToList())
            {
                c.Tensors.Remove(tensor.Name);
                string name = tensor.Name["base_model.model.".Length..];
                c.Tensors[name] = tensor with { Name = name };
            }
        });
        Assert.True(report.Loads);
        Assert.Empty(report.Applied);
        Assert.Equal(18, report.Silent.Count);
    }

    [Fact]
    public void Magnitudes_count_only_with_use_dora()
    {
        ReaderReport report = ReaderAssert.Changed("llama_dora", f => PeftLoader.Load(f, Llama), c => c.Set("use_dora", "false"));
        Assert.Equal(21, report.Silent.Count);
        Assert.All(report.Applied.Values, d => Assert.Null(d.Magnitude));
    }

    [Fact]
    public void Inits_that_change_the_base_are_reported()
    {
        ReaderReport report = ReaderAssert.Changed("llama_qv", f => PeftLoader.Load(f, Llama), c => c.Set("init_lora_weights", "\"pissa_niter_4\""));
        Assert.StartsWith("init_lora_weights pissa_niter_4", Assert.Single(report.Silent), StringComparison.Ordinal);
    }

    [Fact]
    public void Dense_projections_of_a_mixture_model_lose_their_effect_as_modules_and_keep_it_as_parameters()
    {
        ReaderReport modules = ReaderAssert.Changed("deepseek_v3_attn", f => PeftLoader.Load(f, DeepSeek), c =>
        {
            AddDenseLayer(c);
            c.Set("lora_dropout", "0.0");
            c.Set("target_modules", """["q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj", "model.layers.0.mlp.gate_proj", "model.layers.0.mlp.up_proj"]""");
        });
        Assert.True(modules.Loads);
        Assert.Contains("unexpected key base_model.model.model.layers.0.mlp.gate_proj.lora_A.weight is ignored", modules.Silent);
        Assert.Contains("missing adapter keys for model.layers.1.mlp.experts.gate_up_proj: it has no effect", modules.Silent);
        ReaderReport parameters = ReaderAssert.Changed("deepseek_v3_attn", f => PeftLoader.Load(f, DeepSeek), c =>
        {
            AddDenseLayer(c);
            c.Set("lora_dropout", "0.0");
            c.Set("target_parameters", """["model.layers.0.mlp.gate_proj.weight", "model.layers.0.mlp.up_proj.weight"]""");
        });
        ReaderAssert.Intended(parameters);
        Assert.Equal(17, parameters.Applied.Count);
    }

    [Fact]
    public void Routers_are_parameters()
    {
        const string router = "model.layers.1.mlp.router";
        ReaderReport module = ReaderAssert.Changed(
            "gpt_oss_params", f => PeftLoader.Load(f, GptOss), c => c.Set("target_modules", $"[\"q_proj\", \"{router}\"]"));
        ReaderAssert.Fails(module, $"ValueError: Target module {router} is not supported");
        ReaderReport parameter = ReaderAssert.Changed("gpt_oss_params", f => PeftLoader.Load(f, GptOss), c =>
        {
            c.Set("target_parameters", $"[\"mlp.experts.gate_up_proj\", \"mlp.experts.down_proj\", \"{router}.weight\"]");
            c.Put($"base_model.model.{router}.lora_A.weight", DenseArray.Zeros(8, 64));
            c.Put($"base_model.model.{router}.lora_B.weight", DenseArray.Zeros(4, 8));
        });
        ReaderAssert.Intended(parameter);
        Assert.Equal([4L, 64L], parameter.Applied[router + ".weight"].Delta.Shape);
    }

    [Fact]
    public void Suffixes_of_parameters_create_adapters_in_every_layer_and_full_paths_do_not()
    {
        static void KeepLayerOne(AdapterCopy copy)
        {
            foreach (string name
                in copy.Tensors.Keys.Where(n => n.Contains(".experts.", StringComparison.Ordinal) && !n.Contains("layers.1.", StringComparison.Ordinal))
                    .ToList())
            {
                copy.Tensors.Remove(name);
            }
        }

        ReaderReport suffixes = ReaderAssert.Changed("mixtral_params", f => PeftLoader.Load(f, Mixtral), KeepLayerOne);
        Assert.Equal(4, suffixes.Silent.Count);
        ReaderReport paths = ReaderAssert.Changed("mixtral_params", f => PeftLoader.Load(f, Mixtral), c =>
        {
            KeepLayerOne(c);
            c.Set("target_parameters", """["model.layers.1.mlp.experts.gate_up_proj", "model.layers.1.mlp.experts.down_proj"]""");
        });
        ReaderAssert.Intended(paths);
        Assert.Equal(14, paths.Applied.Count);
    }

    [Fact]
    public void Parameters_do_not_go_with_dropout_or_dora()
    {
        ReaderAssert.Fails(
            ReaderAssert.Changed("mixtral_params", f => PeftLoader.Load(f, Mixtral), c => c.Set("lora_dropout", "0.1")), "ValueError: lora.ParamWrapper");
        ReaderAssert.Fails(
            ReaderAssert.Changed("mixtral_params", f => PeftLoader.Load(f, Mixtral), c => c.Set("use_dora", "true")), "ValueError: lora.ParamWrapper");
    }

    [Fact]
    public void One_linear_per_expert_needs_both_halves_and_every_expert()
    {
        ReaderAssert.Fails(
            ReaderAssert.Changed("mixtral_per_expert", f => PeftLoader.Load(f, Mixtral), c => c.Set("target_modules", """["q_proj", "w1", "w2"]""")),
            "ValueError: Cannot convert PEFT target(s) w1");
        ReaderAssert.Fails(
            ReaderAssert.Changed("mixtral_per_expert", f => PeftLoader.Load(f, Mixtral), c =>
            {
                foreach (string name in c.Tensors.Keys.Where(n => n.Contains(".experts.3.", StringComparison.Ordinal)).ToList())
                {
                    c.Tensors.Remove(name);
                }
            }),
            "RuntimeError: size mismatch");
    }

    [Fact]
    public void Rank_stabilised_scale_of_converted_experts_is_wrong_by_the_root_of_two()
    {
        ReaderReport report = ReaderAssert.Changed("mixtral_per_expert", f => PeftLoader.Load(f, Mixtral), c => c.Set("use_rslora", "true"));
        Assert.StartsWith("use_rslora", Assert.Single(report.Silent), StringComparison.Ordinal);
        Assert.Equal(8 / Math.Sqrt(4) * Math.Sqrt(2), report.Applied["model.layers.0.mlp.experts.gate_up_proj"].Scale, 12);
        Assert.Equal(8 / Math.Sqrt(4), report.Applied["model.layers.0.mlp.experts.down_proj"].Scale, 12);
    }

    [Fact]
    public void Square_experts_of_an_older_peft_are_read_the_wrong_way_round()
    {
        HfBase qwen = HfBase.Fixture("qwen3_moe");
        ReaderReport report = ReaderAssert.Changed("qwen3_moe_square_alone", f => PeftLoader.Load(f, qwen), c => c.Set("peft_version", "\"0.18.1\""));
        Assert.Equal(3, report.Silent.Count);
        Assert.All(report.Silent, s => Assert.EndsWith("the other way round", s, StringComparison.Ordinal));
    }

    [Fact]
    public void Weight_tying_makes_an_embedding_adapter_a_head_adapter_too()
    {
        HfBase gemma = HfBase.Fixture("gemma3_text");
        void AddEmbedding(AdapterCopy copy)
        {
            copy.Set("target_modules", """["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "model.embed_tokens"]""");
            copy.Put("base_model.model.model.embed_tokens.lora_embedding_A", DenseArray.Zeros(8, 112));
            copy.Put("base_model.model.model.embed_tokens.lora_embedding_B", DenseArray.Zeros(64, 8));
        }

        ReaderAssert.Intended(ReaderAssert.Changed("gemma3_all", f => PeftLoader.Load(f, gemma), AddEmbedding));
        ReaderReport tied = ReaderAssert.Changed("gemma3_all", f => PeftLoader.Load(f, gemma), c =>
        {
            AddEmbedding(c);
            c.Set("ensure_weight_tying", "true");
        });
        Assert.Equal("missing adapter keys for lm_head.weight: it has no effect", Assert.Single(tied.Silent));
        ReaderReport both = ReaderAssert.Changed("gemma3_all", f => PeftLoader.Load(f, gemma), c =>
        {
            AddEmbedding(c);
            c.Set("ensure_weight_tying", "true");
            c.Put("base_model.model.lm_head.lora_A.weight", DenseArray.Zeros(8, 64));
            c.Put("base_model.model.lm_head.lora_B.weight", DenseArray.Zeros(112, 8));
        });
        ReaderAssert.Intended(both);
        Assert.Equal(23, both.Applied.Count);
    }

    private static void AddDenseLayer(AdapterCopy copy)
    {
        foreach (string projection in new[] { "gate_proj", "up_proj" })
        {
            copy.Put($"base_model.model.model.layers.0.mlp.{projection}.lora_A.weight", DenseArray.Zeros(8, 64));
            copy.Put($"base_model.model.model.layers.0.mlp.{projection}.lora_B.weight", DenseArray.Zeros(96, 8));
        }
    }
}
