using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>What no run could follow is refused where it is written, by name.</summary>
public class OptionsTests
{
    [Theory]
    [InlineData("TF9999")]
    [InlineData("")]
    [InlineData("tf2001")]
    [InlineData("TF2009 ")]
    public void Codes_that_do_not_exist_cannot_be_allowed(string code)
    {
        ArgumentException wrong = Assert.Throws<ArgumentException>("Allowed", () => new ConversionOptions { Allowed = ["TF2009", code] });
        Assert.Contains($"'{code}'", wrong.Message);
    }

    [Fact]
    public void Codes_that_cannot_be_allowed_are_named()
    {
        string code = Metadata.Findings.FindingCodes.All.First(code => !code.CanBeAllowed).Id;
        Assert.Contains($"'{code}'", Assert.Throws<ArgumentException>("Allowed", () => ConversionOptions.Default with { Allowed = [code] }).Message);
        Assert.Equal(
            Metadata.Findings.FindingCodes.All.Count(each => each.CanBeAllowed),
            new ConversionOptions { Allowed = [.. Metadata.Findings.FindingCodes.All.Where(each => each.CanBeAllowed).Select(each => each.Id)] }.Allowed.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void Counts_begin_at_1(int count)
    {
        Assert.Throws<ArgumentOutOfRangeException>("MaxRank", () => new ConversionOptions { MaxRank = count });
        Assert.Throws<ArgumentOutOfRangeException>("SvdRank", () => new ConversionOptions { SvdRank = count });
        Assert.Throws<ArgumentOutOfRangeException>("MaxDegreeOfParallelism", () => new ConversionOptions { MaxDegreeOfParallelism = count });
        Assert.Throws<ArgumentOutOfRangeException>("MaxDegreeOfParallelism", () => new ComparisonOptions { MaxDegreeOfParallelism = count });
        Assert.Throws<ArgumentOutOfRangeException>("MaxLoraRank", () => new CheckOptions { MaxLoraRank = count });
        Assert.Equal(
            (1, 1, 1),
            (
                new ConversionOptions { MaxRank = 1 }.MaxRank!.Value, new ConversionOptions { SvdRank = 1 }.SvdRank!.Value,
                new ConversionOptions { MaxDegreeOfParallelism = 1 }.MaxDegreeOfParallelism));
        Assert.Equal(
            (1, 1), (new ComparisonOptions { MaxDegreeOfParallelism = 1 }.MaxDegreeOfParallelism, new CheckOptions { MaxLoraRank = 1 }.MaxLoraRank!.Value));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    public void There_are_two_generations_of_transformers(int generation) =>
        Assert.Throws<ArgumentOutOfRangeException>("TransformersGeneration", () => new ConversionOptions { TransformersGeneration = generation });

    [Theory]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    [InlineData(1e39, false)]
    [InlineData(1e-60, false)]
    [InlineData(-2, true)]
    [InlineData(0, true)]
    public void A_scale_is_a_float32(double scale, bool isOne)
    {
        Assert.Equal(isOne, ConversionOptions.IsScale(scale));
        Exception? thrown = Record.Exception(() => new ConversionOptions { Scale = scale });
        Assert.Equal(isOne ? null : "Scale", (thrown as ArgumentOutOfRangeException)?.ParamName);
    }

    [Theory]
    [InlineData(-0.1, false)]
    [InlineData(1, false)]
    [InlineData(double.NaN, false)]
    [InlineData(0, true)]
    [InlineData(0.99, true)]
    public void A_dropout_is_a_probability_below_1(double dropout, bool isOne)
    {
        Exception? thrown = Record.Exception(() => new ConversionOptions { Dropout = dropout });
        Assert.Equal(isOne ? null : "Dropout", (thrown as ArgumentOutOfRangeException)?.ParamName);
    }

    [Fact]
    public void Factors_are_floating_point_and_sides_are_known()
    {
        Assert.Throws<ArgumentOutOfRangeException>("DType", () => new ConversionOptions { DType = DType.I32 });
        Assert.Equal(DType.F16, new ConversionOptions { DType = DType.F16 }.DType);
        Assert.Throws<ArgumentOutOfRangeException>("ExpertOrientation", () => new ConversionOptions { ExpertOrientation = (ExpertOrientation)7 });
        Assert.Equal(ExpertOrientation.OutputFirst, new ConversionOptions { ExpertOrientation = ExpertOrientation.OutputFirst }.ExpertOrientation);
    }

    [Fact]
    public void Nothing_is_no_option()
    {
        Assert.Throws<ArgumentNullException>("Allowed", () => new ConversionOptions { Allowed = null! });
        Assert.Throws<ArgumentNullException>("Comparison", () => new ConversionOptions { Comparison = null! });
    }

    [Fact]
    public void Defaults_are_what_they_say()
    {
        var options = new ConversionOptions();
        Assert.Equal(ConversionOptions.Default, options);
        Assert.Equal((5, false, false, 0), (options.TransformersGeneration, options.Verify, options.DryRun, options.Allowed.Count));
        Assert.Equal((null, null, null, null, null), (options.Base, options.DType, options.Scale, options.MaxRank, options.SvdRank));
        Assert.False(options.Comparison.WorstElement);
    }
}
