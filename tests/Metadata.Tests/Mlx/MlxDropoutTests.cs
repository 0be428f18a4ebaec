using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Metadata.Tests.Mlx;

public class MlxDropoutTests
{
    [Theory]
    [InlineData("{\"lora_parameters\":{\"dropout\":0.05}}", 0.05, null)]
    [InlineData("{\"lora_parameters\":{\"dropout\":0}}", 0, null)]
    [InlineData("{\"lora_parameters\":{\"dropout\":0.09999999999999998}}", 0.1, "TF3512")]
    [InlineData("{\"lora_parameters\":{},\"dropout\":0.2}", 0.2, "TF3510")]
    [InlineData("{\"lora_parameters\":{}}", 0, "TF3503")]
    [InlineData("{\"lora_parameters\":{\"dropout\":null}}", 0, "TF3503")]
    [InlineData("{\"rank\":4,\"alpha\":16,\"dropout\":0.3}", 0.3, null)]
    [InlineData("{\"rank\":4,\"alpha\":16}", 0.1, "TF3503")]
    [InlineData("{\"lora_parameters\":{\"dropout\":1.0}}", 0, "TF3565")]
    [InlineData("{\"lora_parameters\":{\"dropout\":-0.1}}", 0, "TF3565")]
    [InlineData("{\"lora_parameters\":{\"dropout\":NaN}}", 0, "TF3565")]
    [InlineData("{\"lora_parameters\":{\"dropout\":\"x\"}}", 0, "TF3565")]
    [InlineData("{\"lora_parameters\":{},\"dropout\":\"x\"}", 0, "TF3565")]
    public void Configs_that_tell(string config, double expected, string? code)
    {
        MlxReadingValue value = Decide(config);
        Assert.Equal(expected, value.Value);
        Assert.Equal(code, value.Findings.SingleOrDefault()?.Code.Id);
    }

    [Fact]
    public void Two_that_differ_are_a_question_that_names_field_and_option()
    {
        MlxReadingValue value = Decide("{\"lora_parameters\":{\"dropout\":0.1},\"dropout\":0.2}");
        Assert.Null(value.Value);
        Assert.Equal(("TF3509", Severity.Error), (value.Findings.Single().Code.Id, value.Findings.Single().Severity));
        Assert.Contains("dropout", value.Findings.Single().Message);
        Assert.Contains("--dropout", value.Findings.Single().Message);
    }

    [Fact]
    public void Without_a_config_it_is_0() => Assert.Equal(0, MlxDropout.Decide(null, "c").Value);

    private static MlxReadingValue Decide(string config) => MlxDropout.Decide(new MlxConfigView(Fixtures.Parse(config)), "adapter_config.json");
}
