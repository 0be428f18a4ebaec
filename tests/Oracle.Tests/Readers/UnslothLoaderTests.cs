namespace Transfuse.Oracle.Tests.Readers;

public class UnslothLoaderTests
{
    private const string Q0 = "model.layers.0.self_attn.q_proj";

    private static readonly MlxBase Llama = MlxBase.Fixture("llama");

    [Fact]
    public void Loads_its_own_fixtures_with_the_recorded_logits()
    {
        int cases = CaseLoop.Run(Fixtures.MlxCases.Where(c => c.Name.StartsWith("unsloth_", StringComparison.Ordinal)), fixture =>
        {
            MlxBase mlxBase = MlxBase.Fixture(fixture.Base);
            ReaderReport report = UnslothLoader.Load(fixture.AdapterFolder, mlxBase);
            ReaderAssert.Intended(report);
            ReaderAssert.RecordedLogits(report, mlxBase, fixture);
        });
        Assert.Equal(2, cases);
    }

    [Fact]
    public void Loads_folders_of_mlx_lm_once_they_name_their_base()
    {
        ReaderAssert.Fails(UnslothLoader.Load(Fixtures.Case("mlx_llama_qv").AdapterFolder, Llama), "not an adapter");
        ReaderReport report = ReaderAssert.Changed("mlx_llama_qv", f => UnslothLoader.Load(f, Llama), c => c.Set("base_model_name_or_path", "\"org/base\""));
        ReaderAssert.Intended(report);
        Assert.Equal(4, report.Applied.Count);
    }

    [Fact]
    public void Refuses_flattened_experts_although_it_could_infer_their_rank()
    {
        MlxBase qwen = MlxBase.Fixture("qwen3_moe");
        ReaderReport report = ReaderAssert.Changed("legacy_switch_2d", f => UnslothLoader.Load(f, qwen), c => c.Set("base_model_name_or_path", "\"org/base\""));
        ReaderAssert.Fails(report, "RuntimeError: partial adapter");
    }

    [Fact]
    public void Refuses_partial_adapters_and_tensors_without_a_place()
    {
        ReaderAssert.Fails(
            ReaderAssert.Changed("unsloth_llama", f => UnslothLoader.Load(f, Llama), c => c.Tensors.Remove(Q0 + ".lora_b")), "RuntimeError: partial adapter");
        ReaderAssert.Fails(
            ReaderAssert.Changed("unsloth_llama", f => UnslothLoader.Load(f, Llama), c => c.Put("model.layers.0.mlp.up_proj.lora_a", DenseArray.Zeros(64, 4))),
            "RuntimeError: model.layers.0.mlp.up_proj.lora_a has no place");
        ReaderAssert.Fails(ReaderAssert.Changed("unsloth_llama", f => UnslothLoader.Load(f, Llama), c => c.Set("lora_parameters.rank", "8")), "RuntimeError");
        ReaderAssert.Fails(
            ReaderAssert.Changed("unsloth_llama", f => UnslothLoader.Load(f, Llama), c => c.Set("unsloth_mlx_lora_module_paths", "[]")), "RuntimeError");
    }

    [Fact]
    public void Takes_the_rank_from_the_tensor_and_full_weights_along()
    {
        ReaderReport report = ReaderAssert.Changed("unsloth_llama", f => UnslothLoader.Load(f, Llama), c =>
        {
            c.Set("lora_parameters.rank", null);
            c.Set("rank", null);
            c.Put("model.embed_tokens.weight", DenseArray.Zeros(112, 64));
        });
        ReaderAssert.Intended(report);
        Assert.Equal(["model.embed_tokens.weight"], report.Replaced.Keys);
        Assert.Equal(4, report.Applied[Q0].Rank);
    }

    [Fact]
    public void Refuses_a_base_that_is_quantized_otherwise()
    {
        ReaderReport report = ReaderAssert.Changed("unsloth_llama", f => UnslothLoader.Load(f, Llama), c =>
            c.Set("base_quantization_config", """{"bits": 4, "group_size": 64}"""));
        ReaderAssert.Fails(report, "ValueError: the adapter was trained on a quantized base");
    }
}
