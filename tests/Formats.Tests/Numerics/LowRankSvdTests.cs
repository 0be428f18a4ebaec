using FsCheck;
using FsCheck.Fluent;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Numerics;

public class LowRankSvdTests
{
    [Fact]
    public void Truncates_a_product_and_leaves_what_the_values_say()
    {
        Arbitrary<(int Out, int Rank, int In, int Kept, int Seed)> sizes = Arb.From(
            from outputs in Gen.Choose(1, 14) from rank in Gen.Choose(1, 10) from inputs in Gen.Choose(1, 14)
            from kept in Gen.Choose(1, Math.Min(rank, Math.Min(outputs, inputs))) from seed in Gen.Choose(0, 1 << 20)
            select (outputs, rank, inputs, kept, seed));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(sizes, size =>
        {
            LazyTensor a = Matrices.Tensor(Matrices.Random(size.Rank, size.In, size.Seed));
            LazyTensor b = Matrices.Tensor(Matrices.Random(size.Out, size.Rank, size.Seed + 1));
            AssertTruncates(FactorSvd.Decompose(a, b, TestContext.Current.CancellationToken), Matrices.Multiply(Matrices.Of(b), Matrices.Of(a)), size.Kept);
        }));
    }

    [Fact]
    public void Truncates_a_product_of_dependent_factors()
    {
        Matrix a = Matrices.Multiply(Matrices.Random(9, 2, 1), Matrices.Random(2, 12, 2));
        LazyTensor b = Matrices.Tensor(Matrices.Random(8, 9, 3));
        FactorSvd svd = FactorSvd.Decompose(Matrices.Tensor(a), b, TestContext.Current.CancellationToken);
        Assert.Equal(2, SingularValues.NumericalRank([.. svd.Values]));
        AssertTruncates(svd, Matrices.Multiply(Matrices.Of(b), Matrices.Of(Matrices.Tensor(a))), 5);
    }

    [Theory]
    [InlineData(3, 4, 5, 2)]
    [InlineData(4, 4, 4, 4)]
    [InlineData(2, 7, 6, 1)]
    public void Truncates_a_kronecker_product(int rows, int columns, int inner, int kept)
    {
        Matrix first = Matrices.Random(rows, columns, 7);
        Matrix second = Matrices.Random(inner, rows, 8);
        var svd = new KroneckerSvd(
            JacobiSvd.Decompose(first, TestContext.Current.CancellationToken), JacobiSvd.Decompose(second, TestContext.Current.CancellationToken));
        AssertTruncates(svd, Kronecker(first, second), kept);
    }

    [Fact]
    public void Vectors_of_a_product_are_those_of_the_dense_one()
    {
        Matrix b = Matrices.Random(7, 3, 9);
        Matrix a = Matrices.Random(3, 5, 10);
        SingularVectors vectors = ProductCore.Vectors(b, a, TestContext.Current.CancellationToken);
        Assert.InRange(Matrices.Distance(Matrices.Compose(vectors), Matrices.Multiply(b, a)), 0, 1e-13);
        Assert.InRange(Matrices.Skew(vectors.Left, 3), 0, 1e-10);
        Assert.InRange(Matrices.Skew(vectors.Right, 3), 0, 1e-10);
    }

    [Fact]
    public void Zeros_stay_zeros()
    {
        FactorSvd svd = FactorSvd.Decompose(Matrices.Tensor(new Matrix(2, 3)), Matrices.Tensor(new Matrix(4, 2)), TestContext.Current.CancellationToken);
        (LazyTensor a, LazyTensor b) = svd.Truncate(1);
        Assert.All(Matrices.Of(a).Values.Concat(Matrices.Of(b).Values), value => Assert.Equal(0, value));
    }

    // The remainder is measured on the dense matrices, and no rank-kept matrix can be closer than the dropped values.
    private static void AssertTruncates(ILowRankSvd svd, Matrix expected, int kept)
    {
        (LazyTensor a, LazyTensor b) = svd.Truncate(kept);
        Assert.Equal(new TensorShape(kept, expected.Columns), a.Shape);
        Assert.Equal(new TensorShape(expected.Rows, kept), b.Shape);
        double measured = Matrices.Distance(Matrices.Multiply(Matrices.Of(b), Matrices.Of(a)), expected) / Matrices.Norm(expected);
        Assert.InRange(Math.Abs(measured - SingularValues.RemainingError([.. svd.Values], kept)), 0, 2e-7);
    }

    private static Matrix Kronecker(Matrix first, Matrix second)
    {
        var product = new Matrix(first.Rows * second.Rows, first.Columns * second.Columns);
        for (int i = 0; i < product.Rows; i++)
        {
            for (int j = 0; j < product.Columns; j++)
            {
                product[i, j] = first[i / second.Rows, j / second.Columns] * second[i % second.Rows, j % second.Columns];
            }
        }

        return product;
    }
}
