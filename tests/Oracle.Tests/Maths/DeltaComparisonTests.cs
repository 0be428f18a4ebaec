namespace Transfuse.Oracle.Tests.Maths;

public class DeltaComparisonTests
{
    private static readonly DenseArray Expected = new([1, 2], [3, 4]);

    [Fact]
    public void Reports_relative_error_and_largest_difference()
    {
        DeltaComparison comparison = DeltaComparison.Of(new DenseArray([1, 2], [3, 4.5]), Expected);
        Assert.Equal(0.1, comparison.RelativeError, 12);
        Assert.Equal(0.5, comparison.MaximumDifference, 12);
        Assert.Equal(5, comparison.ExpectedNorm, 12);
    }

    [Fact]
    public void Refuses_another_shape() =>
        Assert.Throws<InvalidDataException>(() => DeltaComparison.Of(new DenseArray([2, 1], [3, 4]), Expected));

    [Fact]
    public void Refuses_not_a_number() =>
        Assert.Throws<InvalidDataException>(() => DeltaComparison.AssertClose(new DenseArray([1, 2], [3, double.NaN]), Expected, 1, "x"));

    [Fact]
    public void Refuses_a_difference_from_zero()
    {
        DenseArray zero = DenseArray.Zeros(1, 2);
        DeltaComparison.AssertClose(zero, zero, 0, "x");
        Assert.Throws<InvalidDataException>(() => DeltaComparison.AssertClose(Expected, zero, 1, "x"));
    }

    [Fact]
    public void Names_missing_and_extra_arrays()
    {
        Dictionary<string, DenseArray> actual = new() { ["a"] = Expected };
        Dictionary<string, DenseArray> expected = new() { ["b"] = Expected };
        InvalidDataException problem = Assert.Throws<InvalidDataException>(() => DeltaComparison.AssertClose(actual, expected, 1));
        Assert.Equal("missing: b; not expected: a", problem.Message);
    }

    [Fact]
    public void Dora_gives_each_row_the_length_of_its_magnitude()
    {
        DenseArray weight = new([2, 2], [3, 0, 0, 1]);
        DenseArray delta = new([2, 2], [0, 4, 0, 1]);
        DenseArray result = Dora.Effective(weight, delta, new DenseArray([2], [10, 1]));
        Assert.Equal([6, 8, 0, 1], result.Values.Select(v => Math.Round(v, 12)));
    }
}
