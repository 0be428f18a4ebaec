using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>MLX takes the last N layers: an adapter of early layers must reach them all the same.</summary>
public class LayerCoverageTests
{
    [Theory]
    [InlineData(new[] { 0 }, true)]
    [InlineData(new[] { 0 }, false)]
    [InlineData(new[] { 0, 1 }, true)]
    [InlineData(new[] { 0, 1 }, false)]
    [InlineData(new[] { 2 }, true)]
    [InlineData(new[] { 0, 1, 2 }, true)]
    [InlineData(new[] { 0, 1, 2 }, false)]
    public void Mlx_lm_reaches_every_adapted_layer_and_no_other(int[] layers, bool withBase)
    {
        using AdapterCopy copy = OnlyLayers("llama_qv", layers);
        using var folder = new TemporaryFolder();
        string source = copy.Save();
        Run.MustConvert(source, TargetProfile.MlxLm, folder["mlx"], withBase ? Fixtures.HfBaseFolder("llama") : null);

        HfBase hfBase = HfBase.Fixture("llama");
        ReaderReport loaded = MlxLmLoader.Load(folder["mlx"], MlxBase.Fixture("llama"));
        Assert.Empty(loaded.Complaints);
        Assert.Equal(layers.Length * 2, loaded.Applied.Count);
        AdapterEquivalence.AssertSame(PeftOracle.Read(source, hfBase).Deltas, loaded.Applied, hfBase, 0);
        Assert.InRange(OracleJson.Read(Path.Combine(folder["mlx"], "adapter_config.json")).GetNumber("num_layers", -1), 3, double.MaxValue);
    }

    [Theory]
    [InlineData(new[] { 0 }, true)]
    [InlineData(new[] { 0 }, false)]
    [InlineData(new[] { 1, 2 }, true)]
    public void Mlx_swift_reaches_every_adapted_layer(int[] layers, bool withBase)
    {
        using AdapterCopy copy = OnlyLayers("llama_qv", layers);
        using var folder = new TemporaryFolder();
        string source = copy.Save();
        Run.MustConvert(source, TargetProfile.MlxSwift, folder["mlx"], withBase ? Fixtures.HfBaseFolder("llama") : null);

        HfBase hfBase = HfBase.Fixture("llama");
        ReaderReport loaded = MlxSwiftLoader.Load(folder["mlx"], MlxBase.Fixture("llama"));
        Assert.Empty(loaded.Complaints);
        AdapterEquivalence.AssertSame(PeftOracle.Read(source, hfBase).Deltas, loaded.Applied, hfBase, 0);
    }

    [Fact]
    public void Known_layers_with_equal_modules_get_relative_keys_and_the_base_s_count()
    {
        using var folder = new TemporaryFolder();
        Run.MustConvert(Fixtures.Case("llama_qv").AdapterFolder, TargetProfile.MlxLm, folder["mlx"], Fixtures.HfBaseFolder("llama"));
        System.Text.Json.JsonElement config = OracleJson.Read(Path.Combine(folder["mlx"], "adapter_config.json"));
        Assert.Equal(["self_attn.q_proj", "self_attn.v_proj"], config.GetProperty("lora_parameters").GetStrings("keys"));
        Assert.Equal("3", config.GetProperty("num_layers").GetRawText());
    }

    private static AdapterCopy OnlyLayers(string name, int[] layers)
    {
        AdapterCopy copy = AdapterCopy.Of(Fixtures.Case(name));
        foreach (string tensor
            in copy.Tensors.Keys.Where(tensor => !layers.Any(layer => tensor.Contains($".layers.{layer}.", StringComparison.Ordinal))).ToArray())
        {
            copy.Tensors.Remove(tensor);
        }

        return copy;
    }
}
