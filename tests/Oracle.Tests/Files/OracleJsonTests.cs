namespace Transfuse.Oracle.Tests.Files;

public class OracleJsonTests
{
    [Fact]
    public void Accepts_the_constants_of_python_outside_strings_only()
    {
        System.Text.Json.JsonElement json = OracleJson.Parse("""{"a": [NaN, -Infinity, 1], "b": "NaN \" Infinity"}""");
        Assert.Equal("NaN", json.GetProperty("a")[0].GetString());
        Assert.Equal("-Infinity", json.GetProperty("a")[1].GetString());
        Assert.Equal("NaN \" Infinity", json.GetText("b"));
    }

    [Theory]
    [InlineData("12", true)]
    [InlineData("-1", true)]
    [InlineData("12.0", false)]
    [InlineData("1e2", false)]
    [InlineData("\"12\"", false)]
    public void Tells_a_python_int_from_a_float(string text, bool expected) =>
        Assert.Equal(expected, OracleJson.IsPythonInt(OracleJson.Parse(text)));
}
