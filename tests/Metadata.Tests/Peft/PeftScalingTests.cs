using FsCheck;
using FsCheck.Fluent;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Peft;

namespace Transfuse.Metadata.Tests.Peft;

public class PeftScalingTests
{
    [Theory]
    [InlineData(16, 8, false, 2.0)]
    [InlineData(8, 16, false, 0.5)]
    [InlineData(8, 16, true, 2.0)]
    [InlineData(5, 3, false, 1.6666666666666667)]
    [InlineData(16, 12, true, 4.618802153517007)]
    [InlineData(-4, 8, false, -0.5)]
    [InlineData(0, 8, false, 0.0)]
    public void Scale_is_alpha_over_rank_or_its_root(double alpha, int rank, bool rslora, double expected) =>
        Assert.Equal(expected, PeftScaling.ScaleOf(alpha, rank, rslora));

    [Theory]
    [InlineData(2.0, 8, "16")]
    [InlineData(20.0, 8, "160")]
    [InlineData(0.0, 8, "0")]
    [InlineData(0.5, 3, "1.5")]
    [InlineData(1.6666666666666667, 3, "5")]
    [InlineData(1.6666666269302368, 3, "5")]
    [InlineData(0.1, 10, "1")]
    [InlineData(0.3, 7, "2.1")]
    [InlineData(-0.5, 8, "-4")]
    [InlineData(1e30, 2, "2e+30")]
    public void Alpha_is_an_integer_where_one_gives_the_scale(double scale, int rank, string alpha) =>
        Assert.Equal(alpha, PeftScaling.AlphaFor(scale, rank).Text);

    [Fact]
    public void Every_float_scale_and_rank_comes_back() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(3000),
        Prop.ForAll(
            Gen.Choose(0, 0xFFFF)
                .SelectMany(high => Gen.Choose(0, 0xFFFF).Select(low => BitConverter.Int32BitsToSingle((high << 16) | low)))
                .Where(float.IsFinite)
                .ToArbitrary(),
            Gen.Choose(1, 512).ToArbitrary(),
            Gen.Elements(false, true).ToArbitrary(),
            (scale, rank, rslora) => ComesBack(scale, rank, rslora)));

    [Fact]
    public void Every_integer_alpha_stays_an_integer() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(3000),
        Prop.ForAll(
            Gen.Choose(-4096, 4096).ToArbitrary(),
            Gen.Choose(1, 512).ToArbitrary(),
            Gen.Elements(false, true).ToArbitrary(),
            (alpha, rank, rslora) => PeftScaling.AlphaFor(PeftScaling.ScaleOf(alpha, rank, rslora), rank, rslora).Text == $"{alpha}"
                && PeftScaling.AlphaFor((float)PeftScaling.ScaleOf(alpha, rank, rslora), rank, rslora).Text == $"{alpha}"));

    /// <summary>Doubles right at the boundary between two floats, where the rounding of product and quotient decides.</summary>
    [Fact]
    public void Scales_at_the_boundary_between_floats_come_back()
    {
        var random = new Random(11);
        int searched = 0;
        for (int round = 0; round < 20_000; round++)
        {
            float low = (float)(random.NextDouble() * Math.Pow(2, random.Next(-10, 10)));
            double boundary = ((double)low + MathF.BitIncrement(low)) / 2;
            int rank = random.Next(1, 513);
            foreach (double scale in (double[])[boundary, Math.BitIncrement(boundary), Math.BitDecrement(boundary)])
            {
                Assert.True(ComesBack(scale, rank, round % 2 == 0), $"{scale:R} {rank}");
                double divisor = round % 2 == 0 ? Math.Sqrt(rank) : rank;
                searched += (float)(scale * divisor / divisor) == (float)scale ? 0 : 1;
            }
        }

        Assert.True(searched > 20, $"The search for neighbours was needed {searched} times only.");
    }

    [Fact]
    public void Refuses_what_has_no_scale()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PeftScaling.ScaleOf(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PeftScaling.AlphaFor(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PeftScaling.AlphaFor(double.NaN, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => PeftScaling.AlphaFor(1e39, 8));
    }

    private static bool ComesBack(double scale, int rank, bool rslora)
    {
        // As PEFT would read it: the text, not the number in memory.
        string text = PeftScaling.AlphaFor(scale, rank, rslora).Text;
        double alpha = ((JsonNumber)Fixtures.Parse($"{{\"x\":{text}}}")["x"]!).Value;
        return (float)(rslora ? alpha / Math.Sqrt(rank) : alpha / rank) == (float)scale;
    }

    [Fact]
    public void An_alpha_is_written_as_an_integer_as_long_as_all_integers_are_doubles()
    {
        Assert.Equal("9007199254740992", PeftScaling.AlphaFor(Math.ScaleB(1, 53), 1).Text);
        Assert.Equal("-9007199254740992", PeftScaling.AlphaFor(-Math.ScaleB(1, 53), 1).Text);
        Assert.Equal("1.8014398509481984e+16", PeftScaling.AlphaFor(Math.ScaleB(1, 54), 1).Text);
    }
}
