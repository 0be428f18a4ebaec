using Transfuse.Formats.Fuzz;
using Transfuse.Formats.Fuzz.Targets;

namespace Transfuse.Formats.Tests.Fuzz;

/// <summary>A second or two of what <c>tests/fuzz.sh</c> runs for minutes.</summary>
public class ShortFuzzTests
{
    public static TheoryData<string> Targets => ["safetensors", "torch", "pickle", "npz"];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Damaged_files_are_refused_with_a_cause_or_read_right(string name)
    {
        FuzzTarget target = new FuzzTarget[] { new SafetensorsTarget(), new TorchTarget(), new PickleTarget(), new NpzTarget() }.Single(
            item => item.Name == name);
        FuzzSummary summary = new FuzzRunner(target, seed: 20).Run(1000);
        Assert.Equal(1000, summary.Read + summary.Refused);
        Assert.True(summary.Read > 100 && summary.Refused >= 500, summary.ToString());
        Assert.True(summary.Causes.Count >= 7, summary.ToString());
    }
}
