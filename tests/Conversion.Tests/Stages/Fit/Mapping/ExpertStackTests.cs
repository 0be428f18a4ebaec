using Transfuse.Conversion.Stages.Fit.Mapping;
using Transfuse.Conversion.Tests.Verification;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Tests.Stages.Fit.Mapping;

public class ExpertStackTests
{
    private const string Path = "model.layers.0.mlp.switch_mlp.up_proj";

    [Fact]
    public void Experts_that_are_missing_are_zeros_and_are_counted()
    {
        (AdapterModule? stacked, Finding[] findings) = Stack(5, (1, Expert(1)), (3, Expert(3)));
        Assert.Equal([5, 2, 6], stacked!.A.Shape.Dimensions);
        Assert.Equal([5, 4, 2], stacked.B.Shape.Dimensions);
        Finding told = Assert.Single(findings);
        Assert.Equal(("TF2207", Path, "3 of 5 experts are not adapted and were filled with zeros"), (told.Code.Id, told.Subject, told.Message));
    }

    [Fact]
    public void No_expert_is_missing_where_all_are_there() => Assert.Empty(Stack(2, (0, Expert(0)), (1, Expert(1))).Findings);

    [Theory]
    [InlineData(7, 4)]
    [InlineData(6, 5)]
    public void Refuses_an_expert_of_other_sizes(int inputs, int outputs)
    {
        (AdapterModule? stacked, Finding[] findings) = Stack(3, (0, Expert(0)), (1, Expert(1)), (2, PlainModule.Random(2, inputs, outputs, 2)));
        Finding told = Assert.Single(findings);
        Assert.Null(stacked);
        Assert.Equal(("TF4015", $"maps {inputs} to {outputs}, but model.layers.0.mlp.experts.0.up_proj maps 6 to 4"), (told.Code.Id, told.Message));
    }

    [Fact]
    public void Refuses_magnitudes()
    {
        (AdapterModule? stacked, Finding[] findings) = Stack(2, (0, Expert(0)), (1, Expert(1) with { Magnitude = [1, 2, 3, 4] }));
        Assert.Null(stacked);
        Assert.Equal("MLX has no DoRA for stacked experts", Assert.Single(findings).Message);
    }

    private static PlainModule Expert(int index) => PlainModule.Random(index, 6, 4, 2) with { Path = $"model.layers.0.mlp.experts.{index}.up_proj" };

    private static (AdapterModule? Module, Finding[] Findings) Stack(int count, params (int Index, PlainModule Module)[] experts)
    {
        var log = new FindingLog();
        var run = new Conversion.Stages.Run(ConversionOptions.Default, log, TestContext.Current.CancellationToken);
        AdapterModule? stacked = ExpertStack.Stack(ModulePath.Parse(Path), experts.ToDictionary(expert => expert.Index, expert => expert.Module.ToModule()), count, run);
        return (stacked, [.. log.ToSorted()]);
    }
}
