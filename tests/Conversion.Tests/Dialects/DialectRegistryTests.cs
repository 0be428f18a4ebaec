using Transfuse.Conversion.Dialects;

namespace Transfuse.Conversion.Tests.Dialects;

/// <summary>What a batch takes for an adapter's file by its tensors' names is what dialects, their methods and other programs' forms have, and no base's.</summary>
public class DialectRegistryTests
{
    [Theory]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", true)]
    [InlineData("model.layers.0.self_attn.q_proj.lora_b", true)]
    [InlineData("model.embed_tokens.lora_embedding_A", true)]
    [InlineData("model.layers.0.mlp.up_proj.lokr_w1", true)]
    [InlineData("model.layers.0.mlp.up_proj.hada_w1_a", true)]
    [InlineData("model.layers.0.mlp.up_proj.vera_lambda_d", true)]
    [InlineData("base_model.model.model.layers.0.mlp.up_proj.oft_R.weight", true)]
    [InlineData("lora_unet_down_blocks_0_attentions_0.lora_down.weight", true)]
    [InlineData("unet.down_blocks.0.attentions.0.processor.to_q_lora.up.weight", true)]
    [InlineData("layers.0.attn.q_proj.lora_a.weight", true)]
    [InlineData("model.layers.0.self_attn.q_proj.weight", false)]
    [InlineData("model.layers.0.mlp.up_proj.weight", false)]
    [InlineData("model.explora.weight", false)]
    [InlineData("visual.merger.lora_projection.weight", false)]
    public void Factors_are_told_by_their_names(string name, bool isFactor) => Assert.Equal(isFactor, DialectRegistry.Default.HasFactor(name));
}
