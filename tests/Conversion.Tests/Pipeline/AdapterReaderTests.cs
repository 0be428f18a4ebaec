using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

public class AdapterReaderTests
{
    [Theory]
    [InlineData("llama_qv", "PEFT")]
    [InlineData("llama_bin_legacy", "PEFT")]
    [InlineData("mlx_llama_qv", "MLX")]
    [InlineData("legacy_npz", "MLX")]
    public async Task Values_can_be_read_until_the_source_is_disposed(string name, string dialect)
    {
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case(name).AdapterFolder);
        AdapterReading reading = await AdapterReader.ReadAsync(
            source, new ConversionOptions { Scale = dialect == "MLX" ? 2 : null }, TestContext.Current.CancellationToken);
        Assert.True(reading.Adapter is not null, string.Join(Environment.NewLine, reading.Findings));
        Assert.Equal(dialect, reading.Dialect?.Name);
        GC.Collect();
        LazyTensor[] factors = [.. reading.Adapter.Modules.SelectMany(module => new[] { module.A, module.B })];
        Assert.NotEmpty(factors);
        Assert.All(factors, factor => Assert.Contains(factor.ToDoubles(), value => value != 0));
        source.Dispose();
        Assert.ThrowsAny<ObjectDisposedException>(() => factors[0].ToDoubles());
    }

    [Fact]
    public void Gives_the_canonical_factors_of_both_dialects()
    {
        SmallAdapter peft = SmallAdapter.Peft(), mlx = SmallAdapter.Mlx();
        DenseArray a = peft.Random("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 2, 6);
        DenseArray b = peft.Random("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", 4, 2);
        mlx.Put("model.layers.0.self_attn.q_proj.lora_a", Dense.Transpose(a));
        mlx.Put("model.layers.0.self_attn.q_proj.lora_b", Dense.Transpose(b));
        foreach (SmallAdapter adapter in new[] { peft, mlx })
        {
            AdapterModule module = AdapterReader.Read(adapter.Open(), cancellationToken: TestContext.Current.CancellationToken).Adapter!.Modules.Single();
            Assert.Equal(a.Values, module.A.ToDoubles());
            Assert.Equal(b.Values, module.B.ToDoubles());
            Assert.Equal((2, 2.0), (module.Rank, module.Scale));
        }
    }

    [Fact]
    public void What_is_refused_has_findings_and_no_adapter()
    {
        SmallAdapter half = SmallAdapter.Peft();
        half.Random("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 2, 6);
        AdapterReading reading = AdapterReader.Read(half.Open(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((null, null), (reading.Adapter, reading.Dialect));
        Assert.Contains(reading.Findings, finding => finding.Code.Id == "TF2001" || finding.Severity == Metadata.Findings.Severity.Error);

        Dictionary<string, ReadOnlyMemory<byte>> files = half.Files();
        files["adapter_model.safetensors"] = new byte[] { 1, 2, 3 };
        Assert.Null(AdapterReader.Read(AdapterSource.FromMemory("broken", files), cancellationToken: TestContext.Current.CancellationToken).Adapter);
    }

    [Fact]
    public void Nothing_is_refused_by_name() => Assert.Throws<ArgumentNullException>("source", () => AdapterReader.Read(null!));
}
