using Transfuse.Formats.Numerics;

namespace Transfuse.Formats.Tests.Numerics;

public class SingularValuesTests
{
    [Fact]
    public void Remaining_error_is_the_share_of_what_is_dropped()
    {
        double[] values = [4, 3, 0];
        Assert.Equal(1, SingularValues.RemainingError(values, 0));
        Assert.Equal(0.6, SingularValues.RemainingError(values, 1), 15);
        Assert.Equal(0, SingularValues.RemainingError(values, 2));
        Assert.Equal(0, SingularValues.RemainingError(values, 9));
        Assert.Equal(0, SingularValues.RemainingError([0, 0], 1));
    }

    [Theory]
    [InlineData(3, 1.0, 0.5, 1e-6)]
    [InlineData(2, 1.0, 0.5, 1e-8)]
    [InlineData(1, 1.0, 8e-8, 8e-8)]
    [InlineData(2, 1.0, 9e-8, 9e-8)]
    [InlineData(1, 0.0, 0.0, 0.0)]
    public void Numerical_rank_keeps_what_float32_can_hold(int expected, params double[] values) =>
        Assert.Equal(expected, SingularValues.NumericalRank(values));
}
