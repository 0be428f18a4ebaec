using Transfuse.Formats.Numerics;

namespace Transfuse.Formats.Tests.Numerics;

public class SingleOuterProductsTests
{
    [Theory]
    [InlineData(8, 1)]
    [InlineData(8, 128)]
    [InlineData(16, 3)]
    [InlineData(24, 7)]
    [InlineData(32, 5)]
    [InlineData(40, 128)]
    [InlineData(56, 2)]
    [InlineData(64, 128)]
    public void Are_those_of_plain_loops_and_add_up(int length, int count)
    {
        var random = new Random(length);
        float[] rows = [.. Enumerable.Range(0, count * length).Select(_ => (float)Math.Round((random.NextDouble() - 0.5) * 256) / 256)];
        double[] sums = new double[length * length];
        for (int time = 1; time <= 2; time++)
        {
            SingleOuterProducts.Add(rows, sums);
            double[] mirrored = [.. sums];
            InnerProducts.Mirror(mirrored);
            for (int i = 0; i < length; i++)
            {
                for (int j = 0; j < length; j++)
                {
                    double plain = Enumerable.Range(0, count).Sum(k => (double)rows[(k * length) + i] * rows[(k * length) + j]);

                    // Eight-bit values: not even the sums round.
                    Assert.Equal(time * plain, mirrored[(i * length) + j]);
                }
            }
        }
    }

    [Fact]
    public void No_rows_add_nothing()
    {
        double[] sums = new double[64];
        SingleOuterProducts.Add([], sums);
        SingleOuterProducts.Add([], []);
        Assert.All(sums, sum => Assert.Equal(0, sum));
    }

    [Theory]
    [InlineData(16, 9)]
    [InlineData(16, 16)]
    [InlineData(31, 64)]
    [InlineData(1, 0)]
    [InlineData(64, 65)]
    public void What_does_not_fit_is_refused(int elements, int sums) =>
        Assert.Throws<ArgumentException>(nameof(sums), () => SingleOuterProducts.Add(new float[elements], new double[sums]));
}
