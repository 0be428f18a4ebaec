using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Transfuse.Formats.Json;

namespace Transfuse.Formats.Tests.Json;

public class PythonJsonWriterTests
{
    [Fact]
    public void Writes_every_config_of_PEFT_as_PEFT_wrote_it() => Assert.Equal(38, Rewrite("peft", PythonJsonStyle.Peft, _ => true));

    [Fact]
    public void Writes_every_config_of_mlx_lm_as_mlx_lm_wrote_it() =>
        Assert.Equal(
            20,
            Rewrite(
                "mlx", PythonJsonStyle.MlxLm,
                name => name.StartsWith("mlx_", StringComparison.Ordinal) || name.StartsWith("legacy_", StringComparison.Ordinal)));

    [Fact]
    public void Writes_every_config_of_Unsloth_as_it_was_written() =>
        Assert.Equal(2, Rewrite("mlx", PythonJsonStyle.Unsloth, name => name.StartsWith("unsloth_", StringComparison.Ordinal)));

    // Recorded with json.dumps of Python 3.11.
    [Fact]
    public void Lays_out_values_as_Python_does()
    {
        JsonValue value = Parse("{\"b\":{\"d\":[],\"c\":{}},\"a\":[1,[2.50,null],{\"z\":true,\"y\":false}],\"\\u0001\":\"x\"}");
        Assert.Equal(
            "{\n  \"\\u0001\": \"x\",\n  \"a\": [\n    1,\n    [\n      2.50,\n      null\n    ],\n    {\n      \"y\": false,\n      \"z\": true\n    }\n  "
            + "],\n  \"b\": {\n    \"c\": {},\n    \"d\": []\n  }\n}",
            Write(value, PythonJsonStyle.Peft));
        Assert.Equal(
            "{\n    \"\\u0001\": \"x\",\n    \"a\": [\n        1,\n        [\n            2.50,\n            null\n        ],\n        {\n            \"z\": "
            + "true,\n            \"y\": false\n        }\n    ],\n    \"b\": {\n        \"d\": [],\n        \"c\": {}\n    }\n}",
            Write(value, PythonJsonStyle.MlxLm));
        Assert.Equal("{\n  \"b\": 1,\n  \"a\": 2\n}", Write(Parse("{\"b\":1,\"a\":2}"), PythonJsonStyle.Unsloth));
        Assert.Equal("[]", Write(Parse("[ ]"), PythonJsonStyle.Peft));
    }

    [Fact]
    public void Escapes_strings_as_Python_does() => Assert.Equal(
        "\"\\u0000\\u001f \\\"\\\\/\\b\\f\\n\\r\\t~\\u007f\\u00e9\\u2028\\ud83d\\ude00\\ud800\"",
        Write(new JsonString("\0\u001f \"\\/\b\f\n\r\t~\u007fé\u2028\U0001F600\ud800"), PythonJsonStyle.Peft));

    [Fact]
    public void Sorts_names_by_code_point()
    {
        string[] names = ["\U00010000", "\uFFFD", "\uE000", "\ud800", "\ud800x", "a\U00010000", "a\uFFFD", "a", "Z", ""];
        var value = new JsonObject(names.Select(name => new KeyValuePair<string, JsonValue>(name, JsonNull.Instance)));
        var written = (JsonObject)Parse(Write(value, PythonJsonStyle.Peft));
        Assert.Equal(
            ["", "Z", "a", "a\uFFFD", "a\U00010000", "\ud800", "\ud800x", "\uE000", "\uFFFD", "\U00010000"], written.Members.Select(member => member.Key));
    }

    // Recorded with repr of Python 3.11.
    [Theory]
    [InlineData(0.0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(8.0, "8.0")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(1e-05, "1e-05")]
    [InlineData(9.999e-05, "9.999e-05")]
    [InlineData(666666666666666.6, "666666666666666.6")]
    [InlineData(1e15, "1000000000000000.0")]
    [InlineData(-1e15, "-1000000000000000.0")]
    [InlineData(1.5e15, "1500000000000000.0")]
    [InlineData(1234567890123456.0, "1234567890123456.0")]
    [InlineData(1234567890123456.8, "1234567890123456.8")]
    [InlineData(9007199254740992.0, "9007199254740992.0")]
    [InlineData(9999999999999998.0, "9999999999999998.0")]
    [InlineData(1e16, "1e+16")]
    [InlineData(1e22, "1e+22")]
    [InlineData(1e100, "1e+100")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    public void Writes_floats_as_Python_does(double value, string expected)
    {
        Assert.Equal(expected, JsonNumber.Of(value).Text);
        Assert.Equal(value, ((JsonNumber)Parse(expected)).Value);
    }

    [Fact]
    public void Every_finite_double_reads_back_the_same() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(ArbMap.Default.ArbFor<long>(), bits =>
        {
            double value = BitConverter.Int64BitsToDouble(bits);
            return !double.IsFinite(value)
                || BitConverter.DoubleToInt64Bits(((JsonNumber)Parse(JsonNumber.Of(value).Text)).Value) == bits;
        }));

    [Theory]
    [InlineData("NaN", "$")]
    [InlineData("[1, [2, Infinity]]", "$[1][1]")]
    [InlineData("{\"a\": {\"b\": [-Infinity]}}", "$.a.b[0]")]
    [InlineData("{\"a\": 1e999}", "$.a")]
    public void Never_writes_a_number_that_is_not_finite(string text, string path)
    {
        Assert.Equal(path, PythonJson.FindNonFinite(Parse(text)));
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Write(Parse(text), PythonJsonStyle.Peft));
        Assert.Contains(path + " ", exception.Message, StringComparison.Ordinal);
        Assert.Null(PythonJson.FindNonFinite(Parse("{\"a\": [1e308, \"NaN\", null, true]}")));
    }

    private static int Rewrite(string dialect, PythonJsonStyle style, Func<string, bool> isCase)
    {
        int count = 0;
        foreach (string path in Fixtures.Configs(dialect))
        {
            if (isCase(Path.GetRelativePath(Fixtures.Root, path)))
            {
                byte[] bytes = File.ReadAllBytes(path);
                Assert.Equal(Encoding.UTF8.GetString(bytes), Encoding.UTF8.GetString(PythonJson.Write(PythonJson.Parse(bytes, path), style)));
                count++;
            }
        }

        return count;
    }

    private static JsonValue Parse(string text) => PythonJson.Parse(Encoding.UTF8.GetBytes(text), "x.json");

    private static string Write(JsonValue value, PythonJsonStyle style) => Encoding.ASCII.GetString(PythonJson.Write(value, style));
}
