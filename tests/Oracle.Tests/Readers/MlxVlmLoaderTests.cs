namespace Transfuse.Oracle.Tests.Readers;

public class MlxVlmLoaderTests
{
    private static readonly MlxBase Llama = MlxBase.Fixture("llama");

    [Fact]
    public void Loads_full_paths_and_configs_without_keys()
    {
        string[] names = ["unsloth_llama", "mlx_llama_default_keys", "mlx_gemma3", "mlx_phi3", "mlx_qwen3_moe_switch", "mlx_llama_q4"];
        int cases = CaseLoop.Run(names.Select(Fixtures.Case), fixture =>
        {
            MlxBase mlxBase = MlxBase.Fixture(fixture.Base);
            ReaderReport report = MlxVlmLoader.Load(fixture.AdapterFolder, mlxBase);
            ReaderAssert.Intended(report);
            ReaderAssert.RecordedLogits(report, mlxBase, fixture);
        });
        Assert.Equal(6, cases);
    }

    [Fact]
    public void Loads_its_legacy_form_below_the_language_model()
    {
        FixtureCase fixture = Fixtures.Case("vlm_legacy");
        ReaderReport report = MlxVlmLoader.Load(fixture.AdapterFolder, Llama.WithPrefix("language_model."));
        ReaderAssert.Intended(report);
        Assert.Equal(12, report.Applied.Count);
        Assert.Equal(9, report.Neutral.Count);
        Assert.All(report.Applied.Values, d => Assert.Equal(4, d.Scale));
    }

    [Fact]
    public void Legacy_layers_do_not_see_current_tensor_names()
    {
        MlxBase vlm = Llama.WithPrefix("language_model.");
        ReaderReport report = ReaderAssert.Changed("vlm_legacy", f => MlxVlmLoader.Load(f, vlm), c =>
        {
            const string path = "language_model.model.layers.0.self_attn.q_proj";
            c.Put(path + ".lora_a", c.Tensors[path + ".A"].ToArray());
            c.Tensors.Remove(path + ".A");
        });
        Assert.Equal(2, report.Silent.Count);
        Assert.Equal(11, report.Applied.Count);
    }

    [Theory]
    [InlineData("mlx_llama_qv", "AttributeError: no module self_attn.q_proj")]
    [InlineData("unsloth_qwen3_moe", "ValueError: model.layers.2.mlp.switch_mlp.up_proj is no Linear")]
    [InlineData("swift_llama", "KeyError: dropout")]
    [InlineData("mlx_llama_full", "TypeError: lora_parameters")]
    [InlineData("llama_qv", "ValueError: neither rank nor lora_parameters")]
    public void Refuses_other_fixtures(string name, string error)
    {
        FixtureCase fixture = Fixtures.Case(name);
        ReaderAssert.Fails(MlxVlmLoader.Load(fixture.AdapterFolder, MlxBase.Fixture(fixture.Base)), error);
    }

    [Fact]
    public void Null_keys_are_refused_and_unknown_tensors_dropped()
    {
        ReaderAssert.Fails(
            ReaderAssert.Changed("unsloth_llama", f => MlxVlmLoader.Load(f, Llama), c => c.Set("lora_parameters.keys", "null")), "TypeError: keys");
        ReaderReport report = ReaderAssert.Changed("unsloth_llama", f => MlxVlmLoader.Load(f, Llama), c => c.Put("mlp1.weight", DenseArray.Zeros(2)));
        Assert.Equal(["mlp1.weight is dropped"], report.Silent);
    }

    [Fact]
    public void Factors_that_do_not_fit_are_not_noticed()
    {
        const string path = "model.layers.0.self_attn.q_proj";
        ReaderReport report = ReaderAssert.Changed("unsloth_llama", f => MlxVlmLoader.Load(f, Llama), c =>
            c.Put(path + ".lora_a", Dense.Transpose(c.Tensors[path + ".lora_a"].ToArray())));
        Assert.StartsWith(path + ": factors do not multiply", Assert.Single(report.Silent), StringComparison.Ordinal);
    }
}
