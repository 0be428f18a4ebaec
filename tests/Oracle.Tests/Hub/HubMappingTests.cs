namespace Transfuse.Oracle.Tests.Hub;

public class HubMappingTests
{
    private static readonly string[] Architectures = ["deepseek_v3", "gemma3_text", "gpt_oss", "llama", "mixtral", "phi3", "qwen3_moe"];

    [Fact]
    public void Maps_the_weights_of_each_base_to_what_mlx_lm_keeps()
    {
        int modules = 0;
        foreach (string architecture in Architectures)
        {
            MlxBase mlxBase = MlxBase.Fixture(architecture);
            HubResult mapped = HubMapping.Fixture(architecture).ToMlx(HfBase.Fixture(architecture).Weights);
            List<MlxModule> expected = [.. mlxBase.Modules.Where(m => m.Kind != MlxModuleKind.MultiLinear)];
            Assert.Equal(expected.Select(m => m.Path).Order(StringComparer.Ordinal), mapped.Deltas.Keys.Order(StringComparer.Ordinal));
            foreach (MlxModule module in expected)
            {
                DeltaComparison.AssertClose(mapped.Deltas[module.Path], mlxBase.Weights[module.Path + ".weight"], 0, module.Path);
                modules++;
            }
        }

        Assert.Equal(241, modules);
    }

    [Fact]
    public void Maps_checkpoint_names_with_one_linear_per_expert_as_well()
    {
        foreach (string architecture in new[] { "mixtral", "qwen3_moe", "deepseek_v3" })
        {
            MlxBase mlxBase = MlxBase.Fixture(architecture);
            Dictionary<string, DenseArray> checkpoint = OracleSafetensors.Read(Path.Combine(Fixtures.HfBaseFolder(architecture), "model.safetensors"))
                .ToDictionary(t => t.Key, t => t.Value.ToArray());
            HubResult mapped = HubMapping.Fixture(architecture).ToMlx(checkpoint);
            foreach (MlxModule module in mlxBase.Modules.Where(m => m.Kind == MlxModuleKind.SwitchLinear))
            {
                DeltaComparison.AssertClose(mapped.Deltas[module.Path], mlxBase.Weights[module.Path + ".weight"], 0, module.Path);
            }

            HubResult back = HubMapping.Fixture(architecture).ToHf(mapped.Deltas, perExpert: true);
            DeltaComparison.AssertClose(
                back.Deltas,
                checkpoint.Where(w => back.Deltas.ContainsKey(w.Key) || w.Key.Contains(".experts.", StringComparison.Ordinal)).ToDictionary(),
                0);
        }
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("phi3")]
    [InlineData("gpt2")]
    [InlineData("gemma3_text")]
    [InlineData("mixtral")]
    [InlineData("qwen3_moe")]
    [InlineData("gpt_oss")]
    [InlineData("deepseek_v3")]
    public void Returns_every_mapped_weight_to_its_parameter(string architecture)
    {
        HubMapping hub = HubMapping.Fixture(architecture);
        IReadOnlyDictionary<string, DenseArray> weights = HfBase.Fixture(architecture).Weights;
        HubResult there = hub.ToMlx(weights);
        Assert.All(there.Unmapped, p => Assert.Matches(@"(bias|sinks|kv_b_proj\.weight)$", p));
        DeltaComparison.AssertClose(hub.ToHf(there.Deltas).Deltas, weights.Where(w => !there.Unmapped.Contains(w.Key)).ToDictionary(), 0);
    }

    [Fact]
    public void Missing_half_of_a_fused_pair_becomes_zeros()
    {
        DenseArray up = new([1, 2, 1], [5, 6]);
        Dictionary<string, DenseArray> modules = new() { ["model.layers.0.mlp.switch_mlp.up_proj"] = up };
        DenseArray packed = new HubMapping("qwen3_moe", 1).ToHf(modules).Deltas["model.layers.0.mlp.experts.gate_up_proj"];
        Assert.Equal([0, 0, 5, 6], packed.Values);
        modules = new() { ["model.layers.0.mlp.experts.up_proj"] = up };
        packed = new HubMapping("gpt_oss", 1).ToHf(modules).Deltas["model.layers.0.mlp.experts.gate_up_proj"];
        Assert.Equal([1L, 1L, 4L], packed.Shape);
        Assert.Equal([0, 5, 0, 6], packed.Values);
    }

    [Fact]
    public void Gpt2_changes_root_and_transposes_conv1d()
    {
        Dictionary<string, DenseArray> parameters = new() { ["transformer.h.1.attn.c_proj.weight"] = new([2, 2], [1, 2, 3, 4]) };
        DenseArray mapped = new HubMapping("gpt2", 0).ToMlx(parameters).Deltas["model.h.1.attn.c_proj"];
        Assert.Equal([1, 3, 2, 4], mapped.Values);
    }
}
