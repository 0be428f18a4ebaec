using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Metadata.Tests.Peft;

public class PeftMissingFieldsTests
{
    private const string Whole =
        "\"peft_type\":\"LORA\",\"auto_mapping\":null,\"r\":8,\"lora_alpha\":16,\"target_modules\":[\"q_proj\"],\"lora_dropout\":0.0,"
        + "\"init_lora_weights\":true";

    [Theory]
    [InlineData("\"use_dora\":false,\"alpha_pattern\":{}", "use_rslora")]
    [InlineData("\"use_dora\":false,\"use_rslora\":false", "alpha_pattern")]
    [InlineData("\"layer_replication\":null,\"use_dora\":false", "alpha_pattern use_rslora")]
    [InlineData("\"rank_pattern\":{}", "alpha_pattern")]
    [InlineData("\"use_rslora\":false,\"alpha_pattern\":null", "alpha_pattern")]
    [InlineData("\"alpha_pattern\":{},\"use_rslora\":true,\"use_dora\":false", "")]
    [InlineData("\"revision\":null", "")]
    public void The_newest_field_dates_a_config_without_a_version(string fields, string missing)
    {
        PeftConfig config = Parse("{" + Whole + "," + fields + "}");
        Assert.Equal(missing.Split(' ', StringSplitOptions.RemoveEmptyEntries), PeftMissingFields.Of(config).Select(field => field.Key));
        var log = new FindingLog();
        PeftMissingFields.Report(config, log);
        Assert.All(log.ToSorted(), finding => Assert.Equal(("TF3120", true), (finding.Code.Id, finding.Message.Contains("0.", StringComparison.Ordinal))));
        Assert.Equal(missing.Length == 0, log.Count == 0);
    }

    [Fact]
    public void A_config_that_holds_only_what_somebody_set_is_not_dated() =>
        Assert.Empty(PeftMissingFields.Of(Parse("{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":16,\"target_modules\":[\"q_proj\"],\"use_dora\":true}")));

    private static PeftConfig Parse(string json) => PeftConfig.Parse(Fixtures.Parse(json), "adapter_config.json").Value;
}
