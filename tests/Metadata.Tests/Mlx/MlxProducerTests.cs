using Transfuse.Metadata.Mlx;

namespace Transfuse.Metadata.Tests.Mlx;

public class MlxProducerTests
{
    [Theory]
    [InlineData("mlx-lm@0.14.1")]
    [InlineData("mlx-vlm@0.5.0")]
    [InlineData("2024-05-30")]
    public void Reads_versions_and_days(string text) => Assert.Equal(text, MlxProducer.Parse(text)!.ToString());

    [Theory]
    [InlineData("mlx-lm")]
    [InlineData("mlx-lm@")]
    [InlineData("mlx-lm@latest")]
    [InlineData("mlx-lm@0.14.1@2")]
    [InlineData("torch@2.0")]
    [InlineData("2024-13-01")]
    [InlineData("30.05.2024")]
    [InlineData("")]
    public void Refuses_what_is_neither(string text) => Assert.Null(MlxProducer.Parse(text));

    [Fact]
    public void A_version_tells_of_its_own_program_only()
    {
        var day = new DateOnly(2024, 6, 2);
        var version = new Version(0, 14, 2);
        Assert.True(MlxProducer.Parse("mlx-lm@0.14.1")!.IsBefore("mlx-lm", version, day));
        Assert.False(MlxProducer.Parse("mlx-lm@0.14.2")!.IsBefore("mlx-lm", version, day));
        Assert.Null(MlxProducer.Parse("mlx-vlm@0.1.0")!.IsBefore("mlx-lm", version, day));
        Assert.True(MlxProducer.Parse("2024-06-01")!.IsBefore("mlx-lm", version, day));
        Assert.False(MlxProducer.Parse("2024-06-02")!.IsBefore("mlx-lm", version, day));
    }
}
