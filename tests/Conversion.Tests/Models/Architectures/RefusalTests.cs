using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>What is not mapped, and which code says so.</summary>
public class RefusalTests
{
    public static TheoryData<string, string> PerHead
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string type in new[] { "deepseek_v3", "deepseek_v32", "glm_moe_dsa", "glm4_moe_lite", "kimi_linear" })
            {
                data.Add(type, "model.layers.1.self_attn.kv_b_proj");
            }

            data.Add("kimi_vl", "language_model.model.layers.1.self_attn.kv_b_proj");
            data.Add("kimi_k25", "model.language_model.layers.1.self_attn.kv_b_proj");
            data.Add("longcat_flash", "model.layers.1.self_attn.0.kv_b_proj");
            data.Add("longcat_flash_ngram", "model.layers.1.self_attn.1.kv_b_proj");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(PerHead))]
    public void Refuses_kv_b_proj_where_mlx_splits_it_per_head(string modelType, string path)
    {
        Assert.Equal(9, PerHead.Count);
        MlxMapping mapping = Map(modelType).MapToMlx(path);
        Assert.Equal("TF4011", mapping.Finding!.Code.Id);
        Assert.True(mapping.Finding.Code.CanBeAllowed);
        Assert.Empty(mapping.Targets);
    }

    [Theory]
    [InlineData("deepseek_v2")]
    [InlineData("minicpm3")]
    [InlineData("youtu_llm")]
    public void Keeps_kv_b_proj_where_mlx_has_a_linear_layer(string modelType) =>
        Assert.Equal("self_attn.kv_b_proj", Assert.Single(Map(modelType).MapToMlx("model.layers.0.self_attn.kv_b_proj").Targets).Key);

    [Theory]
    [InlineData("deepseek", "model.layers.1.mlp.gate")]
    [InlineData("deepseek_v2", "model.layers.1.mlp.gate")]
    [InlineData("deepseek_v3", "model.layers.1.mlp.gate.weight")]
    [InlineData("deepseek_v32", "model.layers.1.mlp.gate")]
    [InlineData("glm4_moe", "model.layers.1.mlp.gate")]
    [InlineData("glm4_moe_lite", "model.layers.1.mlp.gate")]
    [InlineData("glm_moe_dsa", "model.layers.1.mlp.gate")]
    [InlineData("solar_open", "model.layers.1.mlp.gate")]
    [InlineData("exaone_moe", "model.layers.1.mlp.gate")]
    [InlineData("mimo_v2_flash", "model.layers.1.mlp.gate")]
    [InlineData("dots1", "model.layers.1.mlp.gate")]
    [InlineData("laguna", "model.layers.1.mlp.gate")]
    [InlineData("kimi_vl", "language_model.model.layers.1.mlp.gate")]
    [InlineData("kimi_k25", "language_model.model.layers.1.mlp.gate")]
    [InlineData("nemotron_h", "model.layers.1.mixer.gate")]
    [InlineData("nemotron_h", "backbone.layers.1.mixer.conv1d")]
    [InlineData("bitnet", "model.layers.0.self_attn.q_proj")]
    [InlineData("bitnet", "model.layers.0.mlp.down_proj")]
    [InlineData("recurrent_gemma", "model.layers.0.temporal_block.conv_1d")]
    [InlineData("mamba", "backbone.layers.0.mixer.conv1d")]
    [InlineData("mamba2", "backbone.layers.0.mixer.conv1d")]
    [InlineData("plamo2", "model.layers.layers.0.mixer.conv1d")]
    [InlineData("lfm2", "model.layers.0.conv.conv")]
    [InlineData("lfm2-vl", "model.language_model.layers.0.conv.conv")]
    [InlineData("lfm2_moe", "model.layers.0.conv.conv")]
    [InlineData("jamba", "model.layers.0.mamba.conv1d")]
    [InlineData("falcon_h1", "model.layers.0.mamba.conv1d")]
    [InlineData("granitemoehybrid", "model.layers.0.mamba.conv1d")]
    [InlineData("qwen3_next", "model.layers.0.linear_attn.conv1d")]
    [InlineData("qwen3_5", "model.layers.0.linear_attn.conv1d")]
    [InlineData("qwen3_5_moe", "model.layers.0.linear_attn.conv1d")]
    [InlineData("kimi_linear", "model.layers.0.self_attn.q_conv1d")]
    [InlineData("kimi_linear", "model.layers.0.self_attn.conv1d")]
    [InlineData("bailing_moe", "lm_head")]
    [InlineData("baichuan_m1", "lm_head")]
    public void Refuses_modules_that_mlx_cannot_adapt(string modelType, string path) =>
        Assert.Equal("TF4011", Map(modelType).MapToMlx(path).Finding!.Code.Id);

    [Fact]
    public void Every_module_of_the_refused_lists_is_refused_in_both_directions()
    {
        int count = 0;
        foreach (Architecture architecture in ArchitectureTable.Default.All)
        {
            ArchitectureMap map = new(architecture with { RefusedModels = [] }, allowLowConfidence: true);
            foreach (string path in architecture.Refused.Keys.Select(key => new PathPattern(key).Format(new PathIndices(0, 1))))
            {
                Assert.Equal("TF4011", map.MapToMlx($"{architecture.Layers.Transformers5}.2.{path}").Finding!.Code.Id);
                Assert.Equal("TF4011", map.MapToHuggingFace($"{architecture.Layers.Mlx}.2.{path}", HfLayout.Transformers5).Finding!.Code.Id);
                count++;
            }
        }

        Assert.InRange(count, 50, 100);
    }

    [Theory]
    [InlineData("llama", "model.layers.0.self_attn.qkv_proj")]
    [InlineData("llama", "model.layers.0.self_attn")]
    [InlineData("llama", "model.layers.0.")]
    [InlineData("llama", "model.layers.00.self_attn.q_proj")]
    [InlineData("llama", "model.layers.-1.self_attn.q_proj")]
    [InlineData("llama", "model.layers.x.self_attn.q_proj")]
    [InlineData("llama", "model.layers.99999999999.self_attn.q_proj")]
    [InlineData("llama", "model.layers.0.self_attn.q_proj.lora_A")]
    [InlineData("llama", "model.decoder.layers.0.self_attn.q_proj")]
    [InlineData("llama", "")]
    [InlineData("llama", ".")]
    [InlineData("mixtral", "model.layers.0.block_sparse_moe.switch_mlp.gate_proj")]
    [InlineData("mixtral", "model.layers.0.block_sparse_moe.experts.1.w4")]
    [InlineData("bailing_moe", "model.layers.0.mlp.gate.gate_proj")]
    [InlineData("lfm2_moe", "model.layers.0.feed_forward.gate_proj")]
    [InlineData("minimax_m2", "model.layers.0.self_attn.qkv_proj")]
    [InlineData("llama4_text", "model.layers.0.feed_forward.router")]
    [InlineData("gemma3", "model.vision_tower.vision_model.encoder.layers.0.self_attn.q_proj")]
    [InlineData("qwen2_vl", "model.visual.blocks.0.attn.qkv")]
    public void Refuses_modules_that_the_architecture_does_not_have(string modelType, string path) =>
        Assert.Equal("TF4010", Map(modelType).MapToMlx(path).Finding!.Code.Id);

    [Theory]
    [InlineData("gpt2")]
    [InlineData("gemma")]
    [InlineData("cohere2")]
    [InlineData("lfm2")]
    [InlineData("hunyuan")]
    public void Refuses_a_head_that_mlx_ties_always(string modelType) => Assert.Equal("TF4019", Map(modelType).MapToMlx("lm_head").Finding!.Code.Id);

    [Fact]
    public void A_head_depends_on_the_base_model_where_the_configuration_ties_it()
    {
        Architecture llama = ArchitectureTable.Default.Find("llama")!;
        Assert.True(new ArchitectureMap(llama).MapToMlx("lm_head").RequiresUntiedHead);
        Assert.Equal("TF4019", Map("llama", "{}").MapToMlx("lm_head").Finding!.Code.Id);
        Assert.Equal("TF4019", Map("llama", """{"tie_word_embeddings": true}""").MapToMlx("lm_head").Finding!.Code.Id);
        MlxMapping untied = Map("llama", """{"tie_word_embeddings": false}""").MapToMlx("lm_head");
        Assert.False(untied.RequiresUntiedHead);
        Assert.Equal("lm_head", Assert.Single(untied.Targets).Path);
    }

    [Fact]
    public void Refuses_low_confidence_unless_allowed()
    {
        Architecture nanochat = ArchitectureTable.Default.Find("nanochat")!;
        const string Path = "model.layers.0.self_attn.q_proj";
        MlxMapping refused = new ArchitectureMap(nanochat).MapToMlx(Path);
        Assert.Equal("TF4003", refused.Finding!.Code.Id);
        Assert.Equal(Path, refused.Finding.Subject);
        Assert.True(refused.Finding.Code.CanBeAllowed);
        Assert.Equal("TF4003", new ArchitectureMap(nanochat).MapToHuggingFace("transformer.h.0.attn.c_q", HfLayout.Transformers4).Finding!.Code.Id);
        Assert.Equal("attn.c_q", Assert.Single(Map("nanochat").MapToMlx(Path).Targets).Key);
    }

    [Theory]
    [InlineData("olmo", null)]
    [InlineData("afm7", null)]
    [InlineData("minimax", """{"full_attn_alpha_factor": 1}""")]
    public void Refuses_models_that_mlx_does_not_have_under_this_name(string modelType, string? config) =>
        Assert.Equal("TF4004", Map(modelType, config).MapToMlx("model.layers.0.self_attn.q_proj").Finding!.Code.Id);

    [Theory]
    [InlineData("falcon_h1", "model.layers.0.self_attn.q_proj", null)]
    [InlineData("falcon_h1", "model.layers.0.mamba.in_proj", """{"ssm_in_multiplier": 1}""")]
    [InlineData("granitemoehybrid", "model.layers.0.shared_mlp.input_linear", null)]
    [InlineData("granitemoehybrid", "model.layers.0.shared_mlp.input_linear", "{}")]
    [InlineData("gemma4", "model.language_model.layers.3.self_attn.k_proj", null)]
    [InlineData("dbrx", "transformer.blocks.0.ffn.experts.mlp.w1", null)]
    public void Asks_for_the_base_where_the_mapping_depends_on_it(string modelType, string path, string? config) =>
        Assert.Equal("TF4016", Map(modelType, config).MapToMlx(path).Finding!.Code.Id);

    [Theory]
    [InlineData("model.layers.4.self_attn.q_proj", "TF4013")]
    [InlineData("model.layers.3.block_sparse_moe.experts.3.w1", "TF4014")]
    public void Refuses_indices_that_the_base_does_not_have(string path, string code)
    {
        ArchitectureMap map = new(ArchitectureTable.Default.Find("mixtral")!, SyntheticBase.Config());
        Assert.Equal(code, map.MapToMlx(path).Finding!.Code.Id);
        Assert.Equal("TF4013", map.MapToHuggingFace("model.layers.4.self_attn.q_proj", HfLayout.Transformers5).Finding!.Code.Id);
    }

    [Fact]
    public void Keys_and_values_of_sharing_layers_have_no_effect()
    {
        ArchitectureMap map = new(ArchitectureTable.Default.Find("gemma4")!, SyntheticBase.Config());
        Assert.Equal("TF4012", map.MapToMlx("model.language_model.layers.3.self_attn.k_proj").Finding!.Code.Id);
        Assert.Equal("language_model.model.layers.2.self_attn.k_proj", Assert.Single(map.MapToMlx("model.layers.2.self_attn.k_proj").Targets).Path);
    }

    [Fact]
    public void A_factor_of_zero_is_refused() =>
        Assert.Equal("TF4020", Map("falcon_h1", """{"attention_in_multiplier": 0}""").MapToMlx("model.layers.0.self_attn.q_proj").Finding!.Code.Id);

    private static ArchitectureMap Map(string modelType, string? config = null) => new(
        ArchitectureTable.Default.Find(modelType)!,
        config is null ? null : new BaseConfig(JsonTree.Parse(config)),
        allowLowConfidence: true);
}
