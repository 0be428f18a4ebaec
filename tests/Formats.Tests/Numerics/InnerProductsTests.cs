using Transfuse.Formats.Numerics;

namespace Transfuse.Formats.Tests.Numerics;

public class InnerProductsTests
{
    [Theory]
    [InlineData(4, 4, 4)]
    [InlineData(8, 20, 32)]
    [InlineData(12, 4, 64)]
    [InlineData(20, 64, 64)]
    public void Are_those_of_plain_loops_and_add_up(int count, int length, int stride)
    {
        Matrix left = Matrices.Random(count, stride, 1), right = Matrices.Random(count, stride, 2);
        double[] sums = new double[count * count], own = new double[count * count];
        for (int time = 1; time <= 2; time++)
        {
            InnerProducts.Add(left.Values, right.Values, stride, length, sums, isSymmetric: false);
            InnerProducts.Add(left.Values, left.Values, stride, length, own, isSymmetric: true);
            double[] mirrored = [.. own];
            InnerProducts.Mirror(mirrored);
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < count; j++)
                {
                    Assert.Equal(time * Plain(left, i, right, j, length), sums[(i * count) + j], 1e-12);
                    Assert.Equal(time * Plain(left, i, left, j, length), mirrored[(i * count) + j], 1e-12);
                }
            }
        }
    }

    [Theory]
    [InlineData(64, 8, 8, 9)]
    [InlineData(64, 6, 8, 16)]
    [InlineData(64, 12, 8, 16)]
    [InlineData(31, 8, 8, 16)]
    public void What_does_not_fit_is_refused(int elements, int length, int stride, int sums)
    {
        Assert.Throws<ArgumentException>(
            nameof(sums), () => InnerProducts.Add(new double[elements], new double[64], stride, length, new double[sums], isSymmetric: false));
        Assert.Throws<ArgumentException>(
            nameof(sums), () => InnerProducts.Add(new double[64], new double[elements], stride, length, new double[sums], isSymmetric: false));
    }

    private static double Plain(Matrix left, int i, Matrix right, int j, int length)
    {
        double sum = 0;
        for (int k = 0; k < length; k++)
        {
            sum += left[i, k] * right[j, k];
        }

        return sum;
    }
}
