using Transfuse.Formats.Numerics;

namespace Transfuse.Formats.Tests.Numerics;

/// <summary>L Lᵀ gives the inner products back, also of vectors that depend on one another.</summary>
public class CholeskyTests
{
    [Theory]
    [InlineData(1, 5, 1)]
    [InlineData(4, 9, 4)]
    [InlineData(6, 3, 3)]
    [InlineData(40, 100, 40)]
    public void The_triangle_gives_the_products_back(int vectors, int length, int rank)
    {
        var random = new Random(vectors);
        var given = new Matrix(vectors, length);
        for (int i = 0; i < given.Values.Length; i++)
        {
            given.Values[i] = random.NextDouble() - 0.5;
        }

        Matrix products = given.Times(given.Transpose());
        Matrix lower = Cholesky.Lower(products);
        Matrix again = lower.Times(lower.Transpose());
        int columns = 0;
        for (int row = 0; row < vectors; row++)
        {
            columns += lower[row, row] > 0 ? 1 : 0;
            for (int column = 0; column < vectors; column++)
            {
                Assert.InRange(again[row, column], products[row, column] - (1e-12 * length), products[row, column] + (1e-12 * length));
                Assert.True(column <= row || lower[row, column] == 0);
            }
        }

        Assert.Equal(rank, columns);
    }

    [Fact]
    public void Zeros_give_zeros() => Assert.All(Cholesky.Lower(new Matrix(3, 3)).Values, value => Assert.Equal(0, value));
}
