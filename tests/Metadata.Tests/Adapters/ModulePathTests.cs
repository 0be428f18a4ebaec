using Transfuse.Metadata.Adapters;

namespace Transfuse.Metadata.Tests.Adapters;

public class ModulePathTests
{
    [Theory]
    [InlineData("model.layers.3.self_attn.q_proj", "model.layers", 3, "self_attn.q_proj")]
    [InlineData("encoder.layers.0.fc1", "encoder.layers", 0, "fc1")]
    [InlineData("transformer.h.11.attn.c_attn", "transformer.h", 11, "attn.c_attn")]
    [InlineData("model.layers.0.mlp.experts.7.w1", "model.layers", 0, "mlp.experts.7.w1")]
    [InlineData("model.layers.1.self_attn.0.q_a_proj", "model.layers", 1, "self_attn.0.q_a_proj")]
    [InlineData("layers.2.mlp", "layers", 2, "mlp")]
    public void Splits_a_path_at_its_first_layer(string text, string root, int layer, string relative)
    {
        ModulePath path = ModulePath.Parse(text);
        Assert.Equal((root, layer, relative, true), (path.LayersRoot, path.Layer, path.Relative, path.IsInLayer));
    }

    [Theory]
    [InlineData("lm_head")]
    [InlineData("model.embed_tokens")]
    [InlineData("model.layers.3")]
    [InlineData("3.q_proj")]
    public void Path_without_a_layer_lies_outside(string text)
    {
        ModulePath path = ModulePath.Parse(text);
        Assert.Equal((null, -1, text, false), (path.LayersRoot, path.Layer, path.Relative, path.IsInLayer));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("model..layers")]
    [InlineData("model.layers.")]
    public void Empty_segments_are_no_path(string text) => Assert.False(ModulePath.TryParse(text, out _));

    [Fact]
    public void Orders_layers_by_number() => Assert.Equal(
        ["lm_head", "m.layers.2.a", "m.layers.10.a", "m.layers.10.b"],
        new[] { "m.layers.10.b", "m.layers.2.a", "lm_head", "m.layers.10.a" }.Select(ModulePath.Parse).Order().Select(path => path.Text));
}
