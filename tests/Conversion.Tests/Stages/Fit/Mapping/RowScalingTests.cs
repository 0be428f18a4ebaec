using Transfuse.Conversion.Models.Steps;
using Transfuse.Conversion.Stages.Fit.Mapping;
using Transfuse.Conversion.Tests.Verification;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Tests.Stages.Fit.Mapping;

public class RowScalingTests
{
    private readonly FindingLog _log = new();

    [Fact]
    public void Each_row_of_B_and_of_the_magnitude_gets_its_factor()
    {
        PlainModule plain = PlainModule.Random(1, 3, 4, 2) with { Magnitude = [1, 2, 3, 4] };
        AdapterModule multiplied = RowScaling.Multiply(plain.ToModule(), [new RowScale(1, 2), new RowScale(3, 0.5)], Run)!;
        Assert.Equal(plain.B.Values.Select((value, at) => (float)value * (at < 2 ? 2f : 0.5f)), Singles(multiplied.B));
        Assert.Equal([2, 1, 1.5f, 2], Singles(multiplied.Magnitude!));
        AdapterModule divided = RowScaling.Divide(plain.ToModule(), [new RowScale(null, 4)], Run)!;
        Assert.Equal(plain.B.Values.Select(value => (float)value / 4), Singles(divided.B));
        Assert.Equal(["TF2202", "TF2202"], _log.ToSorted().Select(finding => finding.Code.Id));
    }

    [Fact]
    public void Factors_of_one_change_nothing()
    {
        AdapterModule module = PlainModule.Random(1, 3, 4, 2).ToModule();
        Assert.Same(module, RowScaling.Multiply(module, [new RowScale(1, 1), new RowScale(3, 1)], Run));
        Assert.NotSame(module, RowScaling.Multiply(module, [new RowScale(null, 2)], Run));
    }

    [Fact]
    public void Refuses_factors_for_another_number_of_rows()
    {
        Assert.Null(RowScaling.Multiply(PlainModule.Random(1, 3, 4, 2).ToModule(), [new RowScale(2, 2), new RowScale(3, 2)], Run));
        Assert.Equal("lora_B has 4 output rows, but the base's factors are for 5", Assert.Single(_log.ToSorted()).Message);
    }

    [Fact]
    public void Refuses_a_factor_that_leaves_the_range_of_float32()
    {
        Assert.Null(RowScaling.Multiply(PlainModule.Random(1, 3, 4, 2).ToModule(), [new RowScale(null, 1e39)], Run));
        Assert.StartsWith("the base multiplies this weight, but ", Assert.Single(_log.ToSorted()).Message, StringComparison.Ordinal);
    }

    private Conversion.Stages.Run Run => new(ConversionOptions.Default, _log, TestContext.Current.CancellationToken);

    private static float[] Singles(LazyTensor tensor) => tensor.ToSingles(TestContext.Current.CancellationToken);
}
