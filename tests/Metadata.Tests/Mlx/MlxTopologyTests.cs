using Transfuse.Metadata.Mlx;

namespace Transfuse.Metadata.Tests.Mlx;

public class MlxTopologyTests
{
    [Theory]
    [InlineData("null", "")]
    [InlineData("\"\"", "")]
    [InlineData("\"a.b\"", "a.b")]
    [InlineData("[\"a\",\"\",\"b\"]", "a b")]
    [InlineData("[\"a\",[\"b\",[\"c\"]]]", "a b c")]
    [InlineData("{\"x\":\"a\",\"y\":[\"b\"]}", "a b")]
    [InlineData("[{\"path\":\"a\"},\"a\"]", "a")]
    [InlineData("123", "")]
    [InlineData("[1,null,true,\"a\"]", "a")]
    [InlineData("[]", "")]
    public void Reads_every_form_of_a_list(string json, string expected)
    {
        MlxTopology topology = MlxTopology.Read(Fixtures.Parse($"{{\"x\":{json}}}")["x"]);
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), topology.Paths);
    }

    [Fact]
    public void A_missing_field_is_no_list() => Assert.Empty(MlxTopology.Read(null).Paths);

    [Fact]
    public void An_empty_list_counts_everything_and_another_its_paths_alone()
    {
        Assert.True(MlxTopology.Read(Fixtures.Parse("{\"x\":[]}")["x"]).Counts("a"));
        Assert.True(MlxTopology.Read(Fixtures.Parse("{\"x\":[\"a\"]}")["x"]).Counts("a"));
        Assert.False(MlxTopology.Read(Fixtures.Parse("{\"x\":[\"a\"]}")["x"]).Counts("ab"));
    }
}
