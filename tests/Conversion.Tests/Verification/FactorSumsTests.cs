using Transfuse.Conversion.Verification;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Verification;

/// <summary>The sums alone, which comparisons replace by triangles where they are not good enough.</summary>
public class FactorSumsTests
{
    [Theory]
    [InlineData(5, 5)]
    [InlineData(3, 9)]
    [InlineData(8, 2)]
    public void Norms_and_squares_are_those_of_plain_loops(int firstRank, int secondRank)
    {
        PlainModule first = PlainModule.Random(1, 530, 40, firstRank, 0.75), second = PlainModule.Random(2, 530, 40, secondRank, 3);
        (double norm, double difference, _) = first.PlainCompare(second);
        (FactorSums a, FactorSums b) = (Sum(first.A, second.A, 1, 1), Sum(Dense.Transpose(first.B), Dense.Transpose(second.B), 0.75f, 3));
        Close(norm * norm, FactorSums.SquaredNorm(a, b));
        Close(difference * difference, FactorSums.SquaredError(a, b));
        Close(Squares(first.A, 1), a.FirstSquares);
        Close(Squares(second.A, 1), a.SecondSquares);
        Close(Squares(first.B, 0.75), b.FirstSquares);
        Close(Squares(second.B, 3), b.SecondSquares);
        Close(Differences(first.A, second.A, 1, 1), a.DifferenceSquares);
        Close(Differences(Dense.Transpose(first.B), Dense.Transpose(second.B), 0.75, 3), b.DifferenceSquares);
        Assert.True(a.Differs && b.Differs);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void One_factor_that_is_equal_takes_no_part_in_the_error(bool aDiffers, bool bDiffers)
    {
        PlainModule first = PlainModule.Random(3, 30, 20, 5);
        PlainModule second = first.Changed(value => aDiffers ? value * 2 : value, value => bDiffers ? value + 0.25 : value);
        (double norm, double difference, _) = first.PlainCompare(second);
        (FactorSums a, FactorSums b) = (Sum(first.A, second.A, 1, 1), Sum(Dense.Transpose(first.B), Dense.Transpose(second.B), 1, 1));
        Assert.Equal((aDiffers, bDiffers), (a.Differs, b.Differs));
        Close(norm * norm, FactorSums.SquaredNorm(a, b));
        Close(difference * difference, FactorSums.SquaredError(a, b));
        Close(Squares(second.A, 1), a.SecondSquares);
        Close(aDiffers ? Squares(first.A, 1) : 0, a.DifferenceSquares);
    }

    private static FactorSums Sum(DenseArray first, DenseArray second, float firstScale, float secondScale)
    {
        var pair = new FactorPair(PlainModule.Tensor(first, "F32"), PlainModule.Tensor(second, "F32"), (firstScale, secondScale));
        using var piece = new FactorPiece(pair.Vectors);
        var sums = new FactorSums(piece.Vectors);
        pair.Read(0, 1, piece, _ => sums.Add(piece), TestContext.Current.CancellationToken);
        return sums;
    }

    private static double Squares(DenseArray array, double scale) => array.Values.Sum(value => value * scale * value * scale);

    private static double Differences(DenseArray first, DenseArray second, double firstScale, double secondScale)
    {
        double sum = 0;
        for (long k = 0; k < Math.Max(first.Shape[0], second.Shape[0]); k++)
        {
            for (long i = 0; i < first.Shape[1]; i++)
            {
                double difference = (k < first.Shape[0] ? first[k, i] * firstScale : 0) - (k < second.Shape[0] ? second[k, i] * secondScale : 0);
                sum += difference * difference;
            }
        }

        return sum;
    }

    private static void Close(double expected, double actual) =>
        Assert.InRange(actual, expected - (1e-11 * Math.Abs(expected)), expected + (1e-11 * Math.Abs(expected)));
}
