using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Tests.Findings;

public class FindingLogTests
{
    [Fact]
    public void An_error_stops_the_work()
    {
        var log = new FindingLog();
        Assert.False(log.Add(TensorCodes.HalfPair.At("q_proj", "has lora_A only")));
        Assert.True(log.HasErrors);
    }

    [Fact]
    public void An_allowed_error_becomes_a_warning()
    {
        var log = new FindingLog(new HashSet<string> { "TF2001" });
        Assert.True(log.Add(TensorCodes.HalfPair.At("q_proj", "has lora_A only")));
        Assert.False(log.HasErrors);
        Assert.Equal("warning TF2001 q_proj: has lora_A only", Assert.Single(log.ToSorted()).ToString());
    }

    [Fact]
    public void A_code_without_loss_cannot_be_allowed()
    {
        var log = new FindingLog(new HashSet<string> { "TF2002" });
        log.Add(TensorCodes.RankMismatch.At("q_proj", "8 and 4"));
        Assert.True(log.HasErrors);
    }

    [Fact]
    public void Sorts_errors_first_then_by_code_and_subject_and_drops_repeats()
    {
        var log = new FindingLog();
        log.Add(TensorCodes.OddNames.At("b", "x"));
        log.Add(TensorCodes.RankMismatch.At("b", "x"));
        log.Add(TensorCodes.HalfPair.At("c", "x"));
        log.Add(TensorCodes.HalfPair.At("a", "x"));
        log.Add(TensorCodes.HalfPair.At("a", "x"));
        Assert.Equal(["TF2001 a", "TF2001 c", "TF2002 b", "TF2013 b"], log.ToSorted().Select(finding => $"{finding.Code.Id} {finding.Subject}"));
    }
}
