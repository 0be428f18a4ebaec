using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Tests.Stages.Fit;

/// <summary>A few bytes of a config can ask for any amount of zeros.</summary>
public class GrowthLimitTests
{
    private const int Layers = 40;

    [Fact]
    public void Padding_beyond_the_limit_is_refused_with_the_sizes_and_the_option_that_allows_it()
    {
        // 39 modules of rank 1 and one of rank 512, each 1,024 x 1,024: 4 x 2,048 x (39 + 512) bytes become 4 x 2,048 x 40 x 512.
        (ConversionResult refused, long bytes) = Convert(16);
        Finding finding = Assert.Single(refused.Findings, finding => finding.Severity == Severity.Error);
        Assert.Equal("TF5033", finding.Code.Id);
        Assert.Equal("40 modules, rank 512", finding.Subject);
        Assert.Equal(
            "4.3 MiB of factors become 160.0 MiB with the zeros that fill ranks and experts, 37.2 times as much, and the limit is 16 times; --max-growth 38 allows it", finding.Message);
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void What_the_option_allows_is_written_and_named()
    {
        (ConversionResult result, long bytes) = Convert(38);
        Assert.True(result.IsWritten, string.Join(Environment.NewLine, result.Findings));
        Finding finding = Assert.Single(result.Findings, finding => finding.Code == TargetCodes.GrownMuch);
        Assert.Equal("4.3 MiB of factors become 160.0 MiB with the zeros that fill ranks and experts, 37.2 times as much", finding.Message);
        Assert.InRange(bytes, 160 << 20, (160 << 20) + 20_000);
    }

    [Theory]
    [InlineData(37, false)]
    [InlineData(38, true)]
    public void Allowed_is_what_is_as_many_times_as_large(int growth, bool isWritten) =>
        Assert.Equal(isWritten, Convert(growth, dryRun: true).Result.Findings.All(finding => finding.Severity != Severity.Error));

    [Fact]
    public void Repair_has_the_same_limit()
    {
        SmallAdapter adapter = SmallAdapter.Mlx(rank: 512).Set("num_layers", "40");
        for (int layer = 0; layer < Layers; layer++)
        {
            adapter.MlxPair($"model.layers.{layer}.self_attn.q_proj", 1024, 1024, layer == 0 ? 512 : 1);
        }

        (RepairResult result, _) = Repairing.InMemory(adapter.Files());
        Assert.Contains("--max-growth 38 allows it", Assert.Single(result.Findings, finding => finding.Code.Id == "TF5033").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_limit_below_1_is_refused_when_it_is_set(int growth) =>
        Assert.Contains("MaxGrowth", Assert.Throws<ArgumentOutOfRangeException>(() => ConversionOptions.Default with { MaxGrowth = growth }).Message, StringComparison.Ordinal);

    private static (ConversionResult Result, long Bytes) Convert(int growth, bool dryRun = false)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        for (int layer = 0; layer < Layers; layer++)
        {
            adapter.Pair($"model.layers.{layer}.self_attn.q_proj", 1024, 1024, layer == 0 ? 512 : 1);
        }

        adapter.Set("r", "1").Set("lora_alpha", "1").Set("rank_pattern", "{\"layers.0.self_attn.q_proj\": 512}").Set("alpha_pattern", "{\"layers.0.self_attn.q_proj\": 512}");
        using IAdapterSource source = adapter.Open();
        using var sink = new MemoryAdapterSink();
        ConversionResult result = AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(sink)
            .WithOptions(ConversionOptions.Default with { MaxGrowth = growth, DryRun = dryRun }).Run(TestContext.Current.CancellationToken);
        return (result, sink.Files.Values.Sum(file => (long)file.Length));
    }
}
