using System.Text.Json;

namespace Transfuse.Oracle.Tests.Peft;

public class PeftPatternTests
{
    private const string Q0 = "model.layers.0.self_attn.q_proj";

    [Theory]
    [InlineData("""{"q_proj": 4}""", Q0, 4)]
    [InlineData("""{"_proj": 4}""", Q0, 8)]
    [InlineData("""{"layers.0.self_attn.q_proj": 4}""", Q0, 4)]
    [InlineData("""{"^model\\.layers\\.0\\.self_attn\\.q_proj": 4}""", Q0, 4)]
    [InlineData("""{"^layers\\.0\\.self_attn\\.q_proj": 4}""", Q0, 8)]
    [InlineData("""{".*\\.q_proj": 4}""", Q0, 4)]
    [InlineData("""{"q_proj|v_proj": 4}""", Q0, 4)]
    [InlineData("""{"self_attn": 4}""", Q0, 8)]
    [InlineData("""{"v_proj": 2, "[qk]_proj": 3, "q_proj": 4}""", Q0, 3)]
    public void Patterns_match_the_end_of_a_name_at_a_dot(string patterns, string name, double expected) =>
        Assert.Equal(expected, PeftPattern.Lookup(OracleJson.Parse(patterns), name, 8));

    [Theory]
    [InlineData("""{"target_modules": ["q_proj"]}""", Q0, true)]
    [InlineData("""{"target_modules": ["proj"]}""", Q0, false)]
    [InlineData("""{"target_modules": "q_proj"}""", Q0, false)]
    [InlineData("""{"target_modules": ".*q_proj"}""", Q0, true)]
    [InlineData("""{"target_modules": ".*q"}""", Q0, false)]
    [InlineData("""{"target_modules": ["q_proj"], "exclude_modules": ["layers.0.self_attn.q_proj"]}""", Q0, false)]
    [InlineData("""{"target_modules": ["q_proj"], "exclude_modules": ".*\\.0\\..*"}""", Q0, false)]
    [InlineData("""{"target_modules": ["q_proj"], "modules_to_save": ["self_attn"]}""", Q0, false)]
    [InlineData("""{"target_modules": ["q_proj"], "layers_to_transform": [1, 2]}""", Q0, false)]
    [InlineData("""{"target_modules": ["q_proj"], "layers_to_transform": 0}""", Q0, true)]
    [InlineData("""{"target_modules": ["q_proj"], "layers_to_transform": []}""", Q0, true)]
    [InlineData("""{"target_modules": ["q_proj"], "layers_to_transform": [0], "layers_pattern": "h"}""", Q0, false)]
    [InlineData("""{"target_modules": ["q_proj"], "layers_to_transform": [0], "layers_pattern": ["h", "layers"]}""", Q0, true)]
    [InlineData("""{"target_modules": ["model.layers.0.self_attn.q_proj"], "layers_to_transform": [7]}""", Q0, true)]
    [InlineData("""{"target_parameters": ["x"]}""", Q0, false)]
    public void Targets_follow_peft(string config, string module, bool expected) =>
        Assert.Equal(expected, PeftPattern.Targets(OracleJson.Parse(config), module));

    [Fact]
    public void The_lazy_index_is_the_layer_and_not_the_expert()
    {
        JsonElement config = OracleJson.Parse("""{"target_modules": ["w1"], "layers_to_transform": [3]}""");
        Assert.False(PeftPattern.Targets(config, "model.layers.0.block_sparse_moe.experts.3.w1"));
        Assert.True(PeftPattern.Targets(config, "model.layers.3.block_sparse_moe.experts.0.w1"));
    }

    [Fact]
    public void Scale_is_alpha_over_rank_or_over_its_root()
    {
        Assert.Equal(2.0, PeftFactors.ScaleOf(OracleJson.Parse("""{"lora_alpha": 16}"""), Q0, 8));
        Assert.Equal(1.0, PeftFactors.ScaleOf(OracleJson.Parse("{}"), Q0, 8));
        Assert.Equal(4.0, PeftFactors.ScaleOf(OracleJson.Parse("""{"lora_alpha": 16, "use_rslora": true}"""), Q0, 16));
        Assert.Equal(6.0, PeftFactors.ScaleOf(OracleJson.Parse("""{"lora_alpha": 16, "alpha_pattern": {"q_proj": 48}}"""), Q0, 8));
    }
}
