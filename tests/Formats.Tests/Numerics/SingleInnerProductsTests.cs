using Transfuse.Formats.Numerics;

namespace Transfuse.Formats.Tests.Numerics;

public class SingleInnerProductsTests
{
    [Theory]
    [InlineData(4, 8, 8)]
    [InlineData(8, 16, 32)]
    [InlineData(20, 512, 512)]
    public void Are_those_of_plain_loops_and_add_up(int count, int length, int stride)
    {
        var random = new Random(count);
        float[] vectors = [.. Enumerable.Range(0, count * stride).Select(_ => (float)Math.Round((random.NextDouble() - 0.5) * 256) / 256)];
        double[] sums = new double[count * count];
        for (int time = 1; time <= 2; time++)
        {
            SingleInnerProducts.Add(vectors, stride, length, sums);
            double[] mirrored = [.. sums];
            InnerProducts.Mirror(mirrored);
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < count; j++)
                {
                    double plain = Enumerable.Range(0, length).Sum(k => (double)vectors[(i * stride) + k] * vectors[(j * stride) + k]);

                    // Eight-bit values: not even the sums round.
                    Assert.Equal(time * plain, mirrored[(i * count) + j]);
                }
            }
        }
    }

    [Theory]
    [InlineData(16, 8, 8, 9)]
    [InlineData(64, 4, 8, 16)]
    [InlineData(64, 16, 8, 16)]
    [InlineData(31, 8, 8, 16)]
    public void What_does_not_fit_is_refused(int elements, int length, int stride, int sums) =>
        Assert.Throws<ArgumentException>(nameof(sums), () => SingleInnerProducts.Add(new float[elements], stride, length, new double[sums]));
}
