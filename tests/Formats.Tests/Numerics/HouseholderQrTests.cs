using FsCheck;
using FsCheck.Fluent;
using Transfuse.Formats.Numerics;

namespace Transfuse.Formats.Tests.Numerics;

public class HouseholderQrTests
{
    [Fact]
    public void Triangle_keeps_the_inner_products_of_the_columns()
    {
        Arbitrary<(int Count, int Length, int Seed)> sizes = Arb.From(
            from count in Gen.Choose(1, 12) from length in Gen.Choose(1, 20) from seed in Gen.Choose(0, 1 << 20) select (count, length, seed));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(sizes, size =>
        {
            Matrix vectors = Matrices.Random(size.Count, size.Length, size.Seed);
            Matrix triangle = HouseholderQr.Triangle(vectors.Copy(), TestContext.Current.CancellationToken);

            Assert.Equal((Math.Min(size.Count, size.Length), size.Count), (triangle.Rows, triangle.Columns));
            for (int i = 0; i < triangle.Rows; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    Assert.Equal(0, triangle[i, j]);
                }
            }

            Matrix expected = Matrices.Multiply(vectors, vectors.Transpose());
            Matrix actual = Matrices.Multiply(triangle.Transpose(), triangle);
            Assert.InRange(Matrices.Distance(actual, expected), 0, 1e-13 * Matrices.Norm(expected));
        }));
    }

    [Fact]
    public void Triangle_of_zeros_is_zero() =>
        Assert.All(HouseholderQr.Triangle(new Matrix(3, 5), TestContext.Current.CancellationToken).Values, value => Assert.Equal(0, value));

    [Fact]
    public void Triangle_survives_equal_and_empty_columns()
    {
        Matrix vectors = Matrices.Random(4, 6, 1);
        vectors.Row(0).CopyTo(vectors.Row(1));
        vectors.Row(2).Clear();
        Matrix triangle = HouseholderQr.Triangle(vectors.Copy(), TestContext.Current.CancellationToken);
        Assert.InRange(Matrices.Distance(Matrices.Multiply(triangle.Transpose(), triangle), Matrices.Multiply(vectors, vectors.Transpose())), 0, 1e-14);
    }
}
