using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>Where a finding says that <c>transfuse fuse</c> merges what a conversion has no place for, it does.</summary>
public class RemedyTests
{
    [Theory]
    [InlineData("llama_modules_to_save", "mlx-lm", "TF2301")]
    [InlineData("llama_bias_lora_only", "mlx-lm", "TF2302")]
    [InlineData("llama_trainable_tokens", "mlx-lm", "TF2306")]
    [InlineData("ia3", "mlx-lm", "TF2401")]
    [InlineData("deepseek_v3_attn", "mlx-lm", "TF4011")]
    public void Fuse_merges_what_convert_refuses(string name, string target, string code)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        using (IAdapterSource source = AdapterSource.Open(fixture.AdapterFolder))
        using (var sink = new MemoryAdapterSink())
        {
            ConversionResult refused = AdapterPipeline.From(source).WithBase(BaseModel.FromFolder(fixture.BaseFolder)).To(TargetProfile.Find(target)!)
                .WriteTo(sink).Run(TestContext.Current.CancellationToken);
            Assert.Contains(refused.Findings, finding => finding.Severity == Severity.Error && finding.Code.Id == code);
        }

        Assert.NotEmpty(Merge.Succeed(fixture.BaseFolder, folder["out"], null, fixture.AdapterFolder).Weights);
    }

    // A code that comes to name it needs a case above, or a reason here.
    [Fact]
    public void Codes_that_name_fuse_are_these() => Assert.Equal(
        [
            "TF2301", "TF2302", "TF2303", "TF2304", "TF2306", "TF2401", "TF4011", "TF4019", "TF5001", "TF5002", "TF5003", "TF5005", "TF5015", "TF5018",
            "TF5019",
            "TF5506", "TF5512", "TF5539",
        ],
        FindingCodes.All.Where(code => code.Remedy.Contains("transfuse fuse", StringComparison.Ordinal)).Select(code => code.Id).Order(StringComparer.Ordinal));
}
