using FsCheck;
using FsCheck.Fluent;
using Transfuse.Formats.Numerics;

namespace Transfuse.Formats.Tests.Numerics;

public class JacobiSvdTests
{
    [Fact]
    public void Composes_to_the_matrix_with_orthonormal_vectors_and_falling_values()
    {
        Arbitrary<(int Rows, int Columns, int Seed)> sizes = Arb.From(
            from rows in Gen.Choose(1, 16) from columns in Gen.Choose(1, 16) from seed in Gen.Choose(0, 1 << 20) select (rows, columns, seed));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(sizes, size =>
        {
            Matrix matrix = Matrices.Random(size.Rows, size.Columns, size.Seed);
            SingularVectors svd = JacobiSvd.Decompose(matrix, TestContext.Current.CancellationToken);

            int count = Math.Min(size.Rows, size.Columns);
            Assert.Equal(
                (count, count, size.Rows, count, size.Columns), (svd.Values.Length, svd.Left.Rows, svd.Left.Columns, svd.Right.Rows, svd.Right.Columns));
            Assert.Equal(svd.Values.OrderDescending(), svd.Values);
            Assert.Equal(svd.Values, JacobiSvd.Values(matrix, TestContext.Current.CancellationToken));
            Assert.InRange(Matrices.Distance(Matrices.Compose(svd), matrix), 0, 1e-13 * Matrices.Norm(matrix));
            Assert.InRange(Matrices.Skew(svd.Left, count), 0, 1e-10);
            Assert.InRange(Matrices.Skew(svd.Right, count), 0, 1e-10);
        }));
    }

    [Fact]
    public void Finds_known_values()
    {
        // [[3, 0], [4, 5]] has the values sqrt(45) and sqrt(5).
        var matrix = new Matrix(2, 2);
        (matrix[0, 0], matrix[1, 0], matrix[1, 1]) = (3, 4, 5);
        double[] values = JacobiSvd.Decompose(matrix, TestContext.Current.CancellationToken).Values;
        Assert.Equal(Math.Sqrt(45), values[0], 14);
        Assert.Equal(Math.Sqrt(5), values[1], 14);
    }

    [Fact]
    public void Finds_values_over_twelve_orders_of_magnitude()
    {
        SingularVectors left = JacobiSvd.Decompose(Matrices.Random(9, 5, 3), TestContext.Current.CancellationToken);
        SingularVectors right = JacobiSvd.Decompose(Matrices.Random(7, 5, 4), TestContext.Current.CancellationToken);
        double[] values = [1e3, 1, 1e-3, 1e-6, 1e-9];
        Matrix matrix = Matrices.Compose(new SingularVectors(values, left.Left, right.Left));

        double[] found = JacobiSvd.Decompose(matrix, TestContext.Current.CancellationToken).Values;
        Assert.All(values.Zip(found), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-12 + (1e-11 * pair.First)));
    }

    [Theory]
    [InlineData(12, 12, 3)]
    [InlineData(20, 6, 2)]
    [InlineData(5, 17, 1)]
    public void Finds_the_rank_of_a_deficient_matrix(int rows, int columns, int rank)
    {
        Matrix matrix = Matrices.Multiply(Matrices.Random(rows, rank, 5), Matrices.Random(rank, columns, 6));
        SingularVectors svd = JacobiSvd.Decompose(matrix, TestContext.Current.CancellationToken);
        Assert.Equal(rank, svd.Values.Count(value => value > 1e-12 * svd.Values[0]));
        Assert.InRange(Matrices.Distance(Matrices.Compose(svd), matrix), 0, 1e-13 * Matrices.Norm(matrix));
    }

    [Fact]
    public void Gives_zeros_for_a_matrix_of_zeros()
    {
        SingularVectors svd = JacobiSvd.Decompose(new Matrix(4, 3), TestContext.Current.CancellationToken);
        Assert.All(svd.Values.Concat(svd.Left.Values).Concat(svd.Right.Values), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Ends_when_cancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => JacobiSvd.Decompose(Matrices.Random(8, 8, 1), source.Token));
    }
}
