namespace Transfuse.Oracle.Tests.Readers;

public class ServerLoaderTests
{
    private static readonly HfBase Llama = HfBase.Fixture("llama");

    [Fact]
    public void Vllm_and_sglang_load_plain_fixtures_with_the_same_deltas()
    {
        string[] names =
        [
            "deepseek_v3_attn", "gemma3_all", "gpt_oss_params", "llama_all_linear", "llama_embed", "llama_lm_head", "llama_layers_subset",
            "llama_qv", "mixtral_params", "mixtral_per_expert", "phi3_fused", "qwen2_all", "qwen3_all", "qwen3_moe_params", "llama_bin_legacy",
        ];
        int cases = CaseLoop.Run(names.Select(Fixtures.Case), fixture =>
        {
            HfBase hfBase = HfBase.Fixture(fixture.Base);
            IReadOnlyDictionary<string, DenseArray> expected = PeftOracle.Read(fixture.AdapterFolder, hfBase).DeltaArrays;
            foreach (ReaderReport report in new[] { VllmLoader.Load(fixture.AdapterFolder, hfBase), SglangLoader.Load(fixture.AdapterFolder, hfBase) })
            {
                ReaderAssert.Intended(report);
                DeltaComparison.AssertClose(report.Applied.ToDictionary(d => d.Key, d => d.Value.Delta), expected, 1e-14);
            }
        });
        Assert.Equal(15, cases);
    }

    [Theory]
    [InlineData("llama_dora", "ValueError: vLLM does not yet support DoRA")]
    [InlineData("llama_modules_to_save", "ValueError: vLLM only supports modules_to_save")]
    [InlineData("llama_bias_lora_only", "ValueError: Adapter bias")]
    [InlineData("llama_lora_bias", "ValueError: base_model.model.model.layers.0.self_attn.k_proj.lora_B.bias is unsupported LoRA weight")]
    [InlineData("llama_trainable_tokens", "ValueError: base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta is unsupported")]
    [InlineData("loha", "ValueError: Missing required configuration fields: lora_alpha")]
    public void Vllm_refuses(string name, string error)
    {
        FixtureCase fixture = Fixtures.Case(name);
        ReaderAssert.Fails(VllmLoader.Load(fixture.AdapterFolder, HfBase.Fixture(fixture.Base)), error);
    }

    [Fact]
    public void Vllm_refuses_ranks_above_its_limit_and_unknown_modules()
    {
        ReaderAssert.Fails(
            VllmLoader.Load(Fixtures.Case("llama_qv").AdapterFolder, Llama, maxLoraRank: 4), "ValueError: LoRA rank 8 is greater than max_lora_rank 4");
        ReaderReport unknown = ReaderAssert.Changed("llama_qv", f => VllmLoader.Load(f, Llama), c =>
        {
            c.Put("base_model.model.model.layers.0.self_attn.qq_proj.lora_A.weight", DenseArray.Zeros(8, 64));
            c.Put("base_model.model.model.layers.0.self_attn.qq_proj.lora_B.weight", DenseArray.Zeros(64, 8));
        });
        ReaderAssert.Fails(unknown, "ValueError: expected target modules in");
    }

    [Fact]
    public void Vllm_knows_rank_stabilisation_but_no_patterns()
    {
        ReaderAssert.Intended(VllmLoader.Load(Fixtures.Case("llama_rslora").AdapterFolder, Llama));
        ReaderReport patterns = VllmLoader.Load(Fixtures.Case("llama_rank_pattern").AdapterFolder, Llama);
        Assert.Equal(8, patterns.Silent.Count);
        Assert.Contains("model.layers.0.self_attn.q_proj.weight: scale 2 instead of 4", patterns.Silent);
        Assert.All(patterns.Applied.Values, d => Assert.Equal(2, d.Scale));
    }

    [Fact]
    public void Vllm_takes_a_lone_pair_of_expert_factors_for_down_proj()
    {
        ReaderReport report = VllmLoader.Load(Fixtures.Case("qwen3_moe_square_alone").AdapterFolder, HfBase.Fixture("qwen3_moe"));
        Assert.Equal(3, report.Silent.Count);
    }

    [Theory]
    [InlineData("llama_regex_target", "ValueError: target_modules is no list")]
    [InlineData("adalora", "AssertionError: peft_type")]
    [InlineData("loha", "KeyError: lora_alpha")]
    public void Sglang_refuses(string name, string error)
    {
        FixtureCase fixture = Fixtures.Case(name);
        ReaderAssert.Fails(SglangLoader.Load(fixture.AdapterFolder, HfBase.Fixture(fixture.Base)), error);
    }

    [Theory]
    [InlineData("llama_rslora", 21)]
    [InlineData("llama_rank_pattern", 8)]
    [InlineData("llama_dora", 21)]
    [InlineData("llama_modules_to_save", 2)]
    [InlineData("llama_lora_bias", 12)]
    [InlineData("llama_trainable_tokens", 1)]
    public void Sglang_misreads_in_silence(string name, int complaints)
    {
        FixtureCase fixture = Fixtures.Case(name);
        ReaderReport report = SglangLoader.Load(fixture.AdapterFolder, HfBase.Fixture(fixture.Base));
        Assert.True(report.Loads);
        Assert.Equal(complaints, report.Silent.Count);
    }
}
