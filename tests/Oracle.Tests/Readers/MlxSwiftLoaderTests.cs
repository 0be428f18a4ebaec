namespace Transfuse.Oracle.Tests.Readers;

public class MlxSwiftLoaderTests
{
    private static readonly MlxBase Llama = MlxBase.Fixture("llama");

    [Fact]
    public void Loads_dense_fixtures_with_relative_keys_and_the_recorded_logits()
    {
        string[] names = ["mlx_llama_bf16", "mlx_llama_dora", "mlx_llama_mxfp4", "mlx_llama_q4", "mlx_llama_q8_dora", "mlx_llama_qv", "swift_llama"];
        int cases = CaseLoop.Run(names.Select(Fixtures.Case), fixture =>
        {
            MlxBase mlxBase = MlxBase.Fixture(fixture.Base);
            ReaderReport report = MlxSwiftLoader.Load(fixture.AdapterFolder, mlxBase);
            ReaderAssert.Intended(report);
            ReaderAssert.RecordedLogits(report, mlxBase, fixture);
        });
        Assert.Equal(7, cases);
    }

    [Theory]
    [InlineData("mlx_llama_default_keys", "crash: suffix(-1)")]
    [InlineData("legacy_switch_2d", "crash: suffix(-1)")]
    [InlineData("mlx_llama_head_embed", "unhandledKeys: lm_head.lora_a")]
    [InlineData("mlx_mixtral_switch", "unhandledKeys: model.layers.1.block_sparse_moe.switch_mlp.down_proj.lora_a")]
    [InlineData("unsloth_llama", "unhandledKeys: model.layers.0.self_attn.k_proj.lora_a")]
    [InlineData("mlx_llama_full", "DecodingError: fine_tune_type is full")]
    [InlineData("legacy_lora_layers", "DecodingError: fine_tune_type")]
    [InlineData("vlm_legacy", "DecodingError: fine_tune_type")]
    public void Refuses_other_fixtures(string name, string error)
    {
        FixtureCase fixture = Fixtures.Case(name);
        ReaderAssert.Fails(MlxSwiftLoader.Load(fixture.AdapterFolder, MlxBase.Fixture(fixture.Base)), error);
    }

    [Theory]
    [InlineData("num_layers", "0", "unhandledKeys")]
    [InlineData("num_layers", null, "DecodingError: num_layers")]
    [InlineData("lora_parameters", "null", "DecodingError: lora_parameters")]
    [InlineData("lora_parameters.rank", null, "DecodingError: rank")]
    [InlineData("lora_parameters.scale", null, "DecodingError: scale")]
    [InlineData("lora_parameters.dropout", "1.0", "DecodingError: dropout")]
    [InlineData("lora_parameters.dropout", "-0.1", "DecodingError: dropout")]
    [InlineData("lora_parameters.keys", "\"q_proj\"", "DecodingError: keys")]
    [InlineData("lora_parameters.keys", "[\"model.layers.1.self_attn.q_proj\"]", "unhandledKeys")]
    public void Refuses_what_the_reference_lists(string path, string? json, string error) =>
        ReaderAssert.Fails(ReaderAssert.Changed("mlx_llama_qv", f => MlxSwiftLoader.Load(f, Llama), c => c.Set(path, json)), error);

    [Fact]
    public void A_wrong_rank_in_the_config_is_harmless_and_deeper_layers_vanish()
    {
        ReaderReport rank = ReaderAssert.Changed("mlx_llama_qv", f => MlxSwiftLoader.Load(f, Llama), c => c.Set("lora_parameters.rank", "4"));
        ReaderAssert.Intended(rank);
        ReaderReport deep = ReaderAssert.Changed("mlx_llama_qv", f => MlxSwiftLoader.Load(f, Llama), c =>
            c.Put("model.layers.3.self_attn.q_proj.lora_a", DenseArray.Zeros(64, 8)));
        Assert.Equal("model.layers.3.self_attn.q_proj.lora_a lies beyond the last layer and is dropped", Assert.Single(deep.Silent));
    }

    [Fact]
    public void Loads_plain_peft_folders_right_and_says_where_it_does_not()
    {
        FixtureCase plain = Fixtures.Case("llama_all_linear");
        ReaderReport report = MlxSwiftLoader.LoadPeft(plain.AdapterFolder, Llama);
        ReaderAssert.Intended(report);
        ReaderAssert.RecordedLogits(report, Llama, plain);
        Assert.Equal(12, MlxSwiftLoader.LoadPeft(Fixtures.Case("llama_named_adapter").AdapterFolder, Llama).Applied.Count);
    }

    [Theory]
    [InlineData("llama_rslora", 21, "model.layers.0.mlp.down_proj: scale 0.5 instead of 2")]
    [InlineData("llama_rank_pattern", 8, "model.layers.0.self_attn.q_proj: scale 2 instead of 4")]
    [InlineData("llama_embed", 3, "base_model.model.model.embed_tokens.base_layer.weight is skipped")]
    [InlineData("llama_modules_to_save", 2, "base_model.model.lm_head.weight is skipped")]
    [InlineData("llama_lora_bias", 12, "base_model.model.model.layers.0.self_attn.k_proj.lora_B.bias is skipped")]
    public void Misreads_peft_folders_in_silence(string name, int count, string complaint)
    {
        FixtureCase fixture = Fixtures.Case(name);
        ReaderReport report = MlxSwiftLoader.LoadPeft(fixture.AdapterFolder, MlxBase.Fixture(fixture.Base));
        Assert.True(report.Loads);
        Assert.Equal(count, report.Silent.Count);
        Assert.Contains(complaint, report.Silent);
    }

    [Theory]
    [InlineData("llama_dora", "unsupportedAdapterType: DoRA")]
    [InlineData("llama_regex_target", "DecodingError: target_modules")]
    [InlineData("adalora", "unsupportedAdapterType: peft_type ADALORA")]
    [InlineData("llama_lm_head", "unhandledKeys: lm_head.lora_a")]
    [InlineData("mixtral_params", "unhandledKeys: model.layers.0.mlp.experts.base_layer.lora_a")]
    [InlineData("gpt2_conv1d", "unsupportedModelType")]
    [InlineData("llama_bin_legacy", "RuntimeError: Failed to open")]
    public void Refuses_other_peft_folders(string name, string error)
    {
        FixtureCase fixture = Fixtures.Case(name);
        ReaderAssert.Fails(MlxSwiftLoader.LoadPeft(fixture.AdapterFolder, MlxBase.Fixture(fixture.Base)), error);
    }
}
