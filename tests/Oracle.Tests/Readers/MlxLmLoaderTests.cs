namespace Transfuse.Oracle.Tests.Readers;

public class MlxLmLoaderTests
{
    private const string Q1 = "model.layers.1.self_attn.q_proj";

    private static readonly MlxBase Llama = MlxBase.Fixture("llama");

    [Fact]
    public void Loads_every_current_fixture_with_the_recorded_logits()
    {
        IEnumerable<FixtureCase> current = Fixtures.MlxCases.Where(c =>
            c.Name.StartsWith("mlx_", StringComparison.Ordinal) || c.Name.StartsWith("unsloth_", StringComparison.Ordinal));
        int cases = CaseLoop.Run(current, fixture =>
        {
            MlxBase mlxBase = MlxBase.Fixture(fixture.Base);
            ReaderReport report = MlxLmLoader.Load(fixture.AdapterFolder, mlxBase);
            ReaderAssert.Intended(report);
            ReaderAssert.RecordedLogits(report, mlxBase, fixture);
        });
        Assert.Equal(18, cases);
    }

    [Theory]
    [InlineData("swift_llama", "KeyError: dropout")]
    [InlineData("legacy_lora_layers", "AttributeError: no attribute num_layers")]
    [InlineData("legacy_alpha_ambiguous", "AttributeError: no attribute num_layers")]
    [InlineData("legacy_npz", "FileNotFoundError")]
    [InlineData("legacy_checkpoints_only", "RuntimeError: Failed to open")]
    [InlineData(
        "legacy_switch_2d",
        "ValueError: model.layers.0.mlp.switch_mlp.down_proj.lora_a: adapter shape [16, 32] does not match model parameter shape [4, 4, 32]")]
    [InlineData("vlm_legacy", "AttributeError: no attribute num_layers")]
    [InlineData("llama_qv", "AttributeError: no attribute num_layers")]
    public void Refuses_other_fixtures(string name, string error)
    {
        FixtureCase fixture = Fixtures.Case(name);
        ReaderAssert.Fails(MlxLmLoader.Load(fixture.AdapterFolder, MlxBase.Fixture(fixture.Base)), error);
    }

    [Theory]
    [InlineData("num_layers", null, "AttributeError: no attribute num_layers")]
    [InlineData("num_layers", "null", "TypeError: num_layers")]
    [InlineData("num_layers", "12.0", "TypeError: num_layers")]
    [InlineData("num_layers", "1", "ValueError: model.layers.1.self_attn.q_proj.lora_a: not an adapter parameter")]
    [InlineData("lora_parameters", null, "AttributeError: no attribute lora_parameters")]
    [InlineData("lora_parameters", "null", "AttributeError")]
    [InlineData("lora_parameters.rank", null, "KeyError: rank")]
    [InlineData("lora_parameters.scale", null, "KeyError: scale")]
    [InlineData("lora_parameters.dropout", null, "KeyError: dropout")]
    [InlineData("lora_parameters.dropout", "null", "TypeError: dropout")]
    [InlineData("lora_parameters.dropout", "1.0", "ValueError: dropout")]
    [InlineData("lora_parameters.rank", "8.0", "TypeError: rank")]
    [InlineData("lora_parameters.rank", "4", "ValueError: model.layers.1.self_attn.q_proj.lora_a: adapter shape [64, 8] does not match")]
    [InlineData("lora_parameters.keys", "\"self_attn.q_proj\"", "ValueError: Can't convert layer of type TransformerBlock")]
    [InlineData("lora_parameters.keys", "[]", "ValueError: model.layers.1.self_attn.q_proj.lora_a: not an adapter parameter")]
    [InlineData("lora_parameters.keys", "[\"q_proj\", \"v_proj\"]", "ValueError: model.layers.1.self_attn.q_proj.lora_a: not an adapter parameter")]
    [InlineData("lora_parameters.keys", "[\"self_attn\"]", "ValueError: Can't convert layer of type")]
    [InlineData("lora_parameters.keys", "[\"input_layernorm\"]", "ValueError: Can't convert layer of type")]
    [InlineData(
        "lora_parameters.keys", "[\"self_attn.q_proj\", \"self_attn.v_proj\", \"model.layers.1.self_attn.q_proj\"]",
        "ValueError: Can't convert layer of type LoRALinear")]
    public void Refuses_what_the_reference_lists(string path, string? json, string error) =>
        ReaderAssert.Fails(ReaderAssert.Changed("mlx_llama_qv", f => MlxLmLoader.Load(f, Llama), c => c.Set(path, json)), error);

    [Theory]
    [InlineData("num_layers", "0")]
    [InlineData("num_layers", "-1")]
    [InlineData("num_layers", "99")]
    [InlineData("fine_tune_type", null)]
    [InlineData("fine_tune_type", "\"qlora\"")]
    [InlineData("lora_parameters.keys", null)]
    [InlineData("lora_parameters.keys", "[\"self_attn.q_proj\", \"self_attn.v_proj\", \"mlp.nothing\"]")]
    public void Accepts_what_changes_nothing(string path, string? json)
    {
        ReaderReport report = ReaderAssert.Changed("mlx_llama_qv", f => MlxLmLoader.Load(f, Llama), c => c.Set(path, json));
        ReaderAssert.Intended(report);
        Assert.Equal(4, report.Applied.Count);
    }

    [Fact]
    public void Reports_half_pairs_that_the_reader_does_not_notice()
    {
        ReaderReport report = ReaderAssert.Changed("mlx_llama_qv", f => MlxLmLoader.Load(f, Llama), c =>
        {
            c.Tensors.Remove(Q1 + ".lora_a");
            c.Tensors.Remove("model.layers.2.self_attn.q_proj.lora_b");
        });
        Assert.True(report.Loads);
        Assert.Equal(
            [$"{Q1}: lora_b without lora_a is multiplied by a random lora_a", "model.layers.2.self_attn.q_proj: lora_a without lora_b has no effect"],
            report.Silent);
        Assert.Equal(2, report.Applied.Count);
    }

    [Fact]
    public void Reports_dora_without_m_and_shows_its_effect()
    {
        ReaderReport report = ReaderAssert.Changed("mlx_llama_dora", f => MlxLmLoader.Load(f, Llama), c => c.Tensors.Remove(Q1 + ".m"));
        Assert.Equal($"{Q1}: DoRA without m renormalises W + delta to the rows of the base weight", Assert.Single(report.Silent));
        DenseArray effective = report.Applied[Q1].ApplyTo(Llama.Weights[Q1 + ".weight"]);
        Assert.Equal(Dense.RowNorms(Llama.Weights[Q1 + ".weight"])[5], Dense.RowNorms(effective)[5], 12);
    }

    [Fact]
    public void Modules_without_tensors_are_neutral()
    {
        ReaderReport report = ReaderAssert.Changed("mlx_llama_qv", f => MlxLmLoader.Load(f, Llama), c =>
        {
            c.Tensors.Remove(Q1 + ".lora_a");
            c.Tensors.Remove(Q1 + ".lora_b");
        });
        ReaderAssert.Intended(report);
        Assert.Equal([Q1], report.Neutral);
    }

    [Fact]
    public void Dora_on_experts_is_refused()
    {
        MlxBase mixtral = MlxBase.Fixture("mixtral");
        ReaderReport report = ReaderAssert.Changed("mlx_mixtral_switch", f => MlxLmLoader.Load(f, mixtral), c => c.Set("fine_tune_type", "\"dora\""));
        ReaderAssert.Fails(report, "ValueError: SwitchLinear doesn't support DoRA yet");
    }

    [Fact]
    public void Routers_with_a_raw_weight_and_latent_attention_cannot_be_wrapped()
    {
        MlxBase deepseek = MlxBase.Fixture("deepseek_v3");
        foreach (string key in new[] { "mlp.gate", "self_attn.embed_q" })
        {
            ReaderReport report = ReaderAssert.Changed(
                "mlx_deepseek_v3", f => MlxLmLoader.Load(f, deepseek), c => c.Set("lora_parameters.keys", $"[\"{key}\"]"));
            ReaderAssert.Fails(report, "ValueError: Can't convert layer of type");
        }
    }

    [Fact]
    public void Base_weights_and_unknown_dtypes_are_refused()
    {
        ReaderReport extra = ReaderAssert.Changed("mlx_llama_qv", f => MlxLmLoader.Load(f, Llama), c => c.Put("model.norm.weight", DenseArray.Zeros(64)));
        ReaderAssert.Fails(extra, "ValueError: model.norm.weight: not an adapter parameter");
        ReaderReport wide = ReaderAssert.Changed("mlx_llama_qv", f => MlxLmLoader.Load(f, Llama), c =>
            c.Tensors[Q1 + ".lora_a"] = new OracleTensor(Q1 + ".lora_a", "F64", [64, 8], new double[512], new byte[4096]));
        ReaderAssert.Fails(wide, "RuntimeError: unsupported dtype F64");
    }

    [Fact]
    public void Broken_files_are_errors_and_not_exceptions()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("mlx_llama_qv"));
        File.WriteAllText(Path.Combine(copy.Folder, "adapter_config.json"), "{");
        ReaderAssert.Fails(MlxLmLoader.Load(copy.Folder, Llama), "unreadable");
        copy.Save();
        File.WriteAllBytes(Path.Combine(copy.Folder, "adapters.safetensors"), [2, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}', 1]);
        ReaderAssert.Fails(MlxLmLoader.Load(copy.Folder, Llama), "unreadable");
    }
}
