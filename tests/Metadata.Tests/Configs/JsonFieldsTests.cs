using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Tests.Configs;

public class JsonFieldsTests
{
    [Theory]
    [InlineData("8", nameof(FieldOutcome.Ok), 8)]
    [InlineData("-3", nameof(FieldOutcome.Ok), -3)]
    [InlineData("9223372036854775807", nameof(FieldOutcome.Ok), long.MaxValue)]
    [InlineData("8.0", nameof(FieldOutcome.IntegralFloat), 8)]
    [InlineData("1e2", nameof(FieldOutcome.IntegralFloat), 100)]
    [InlineData("true", nameof(FieldOutcome.BooleanAsNumber), 1)]
    [InlineData("false", nameof(FieldOutcome.BooleanAsNumber), 0)]
    [InlineData("8.5", nameof(FieldOutcome.WrongType), 0)]
    [InlineData("\"8\"", nameof(FieldOutcome.WrongType), 0)]
    [InlineData("[8]", nameof(FieldOutcome.WrongType), 0)]
    [InlineData("NaN", nameof(FieldOutcome.NotFinite), 0)]
    [InlineData("-Infinity", nameof(FieldOutcome.NotFinite), 0)]
    [InlineData("1e999", nameof(FieldOutcome.NotFinite), 0)]
    [InlineData("9223372036854775808", nameof(FieldOutcome.OutOfRange), 0)]
    [InlineData("1e300", nameof(FieldOutcome.OutOfRange), 0)]
    [InlineData("null", nameof(FieldOutcome.Null), 0)]
    public void Reads_integers(string json, string outcome, long expected)
    {
        Assert.Equal(outcome, JsonFields.ReadInteger(Fixtures.Parse($"{{\"x\":{json}}}")["x"], out long value).ToString());
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("16", nameof(FieldOutcome.Ok), 16)]
    [InlineData("11.313708498984761", nameof(FieldOutcome.Ok), 11.313708498984761)]
    [InlineData("true", nameof(FieldOutcome.BooleanAsNumber), 1)]
    [InlineData("NaN", nameof(FieldOutcome.NotFinite), 0)]
    [InlineData("1e999", nameof(FieldOutcome.NotFinite), 0)]
    [InlineData("\"16\"", nameof(FieldOutcome.WrongType), 0)]
    [InlineData("null", nameof(FieldOutcome.Null), 0)]
    public void Reads_numbers(string json, string outcome, double expected)
    {
        Assert.Equal(outcome, JsonFields.ReadNumber(Fixtures.Parse($"{{\"x\":{json}}}")["x"], out double value).ToString());
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("true", nameof(FieldOutcome.Ok), true)]
    [InlineData("false", nameof(FieldOutcome.Ok), false)]
    [InlineData("1", nameof(FieldOutcome.BooleanAsNumber), true)]
    [InlineData("0.0", nameof(FieldOutcome.BooleanAsNumber), false)]
    [InlineData("2", nameof(FieldOutcome.WrongType), false)]
    [InlineData("\"false\"", nameof(FieldOutcome.WrongType), false)]
    [InlineData("NaN", nameof(FieldOutcome.WrongType), false)]
    [InlineData("null", nameof(FieldOutcome.Null), false)]
    public void Reads_booleans(string json, string outcome, bool expected)
    {
        Assert.Equal(outcome, JsonFields.ReadBoolean(Fixtures.Parse($"{{\"x\":{json}}}")["x"], out bool value).ToString());
        Assert.Equal(expected, value);
    }

    [Fact]
    public void Reads_strings_objects_and_lists()
    {
        var json = Fixtures.Parse("{\"s\":\"a\",\"o\":{\"k\":1},\"l\":[\"a\",\"b\"],\"m\":[\"a\",1],\"i\":[1,2.0],\"j\":[1,2.5],\"n\":[1,null],\"e\":[]}");
        Assert.Equal((FieldOutcome.Ok, "a"), (JsonFields.ReadString(json["s"], out string text), text));
        Assert.Equal(FieldOutcome.WrongType, JsonFields.ReadString(json["l"], out _));
        Assert.Equal(FieldOutcome.Ok, JsonFields.ReadObject(json["o"], out var inner));
        Assert.True(inner.Contains("k"));
        Assert.Equal(FieldOutcome.Missing, JsonFields.ReadObject(json["missing"], out inner));
        Assert.Empty(inner.Members);
        Assert.Equal(FieldOutcome.Ok, JsonFields.ReadStrings(json["l"], out var strings));
        Assert.Equal(["a", "b"], strings);
        Assert.Equal(FieldOutcome.WrongType, JsonFields.ReadStrings(json["m"], out strings));
        Assert.Empty(strings);
        Assert.Equal(FieldOutcome.WrongType, JsonFields.ReadStrings(json["s"], out _));
        Assert.Equal(FieldOutcome.Ok, JsonFields.ReadStrings(json["e"], out _));
        Assert.Equal(FieldOutcome.IntegralFloat, JsonFields.ReadIntegers(json["i"], out var integers));
        Assert.Equal([1, 2], integers);
        Assert.Equal(FieldOutcome.WrongType, JsonFields.ReadIntegers(json["j"], out integers));
        Assert.Empty(integers);
        Assert.Equal(FieldOutcome.WrongType, JsonFields.ReadIntegers(json["n"], out _));
        Assert.Equal(FieldOutcome.Missing, JsonFields.ReadIntegers(json["missing"], out _));
    }

    [Fact]
    public void Reports_each_oddity_with_field_and_value()
    {
        var log = new FindingLog();
        var fields = new ConfigFields(
            Fixtures.Parse("{\"a\":\"8\",\"b\":8.0,\"c\":true,\"d\":NaN,\"e\":null,\"f\":1e30,\"g\":0,\"h\":{},\"ok\":3}"), "adapter_config.json", log);
        fields.ReadInteger("a", out long _);
        fields.ReadInteger("b", out long _);
        fields.ReadInteger("c", out long _);
        fields.ReadNumber("d", out _);
        fields.ReadInteger("e", out long _);
        fields.ReadInteger("f", out long _);
        Assert.Equal(FieldOutcome.OutOfRange, fields.ReadInteger("g", 1, out int value));
        Assert.Equal(0, value);
        fields.ReadStrings("h", out _);
        Assert.Equal((FieldOutcome.Ok, 3), (fields.ReadInteger("ok", 1, out int ok), ok));
        Assert.Equal(FieldOutcome.Null, fields.ReadInteger("e", out long _, nullable: true));
        Assert.Equal(FieldOutcome.Missing, fields.ReadInteger("missing", out long _));
        Assert.Equal(
            [
                "error TF3001 adapter_config.json:a: is the string \"8\", but an integer belongs there",
                "error TF3001 adapter_config.json:e: is null, but an integer belongs there",
                "error TF3001 adapter_config.json:h: is an object, but a list of strings belongs there",
                "error TF3002 adapter_config.json:d: is NaN, but a finite number belongs there",
                "error TF3005 adapter_config.json:f: is 1e30, but an integer belongs there",
                "error TF3005 adapter_config.json:g: is 0, but 1 to 2147483647 belongs there",
                "warning TF3003 adapter_config.json:b: is 8.0, but an integer belongs there; it is taken as that",
                "warning TF3004 adapter_config.json:c: is true, but an integer belongs there; it is taken as that",
            ],
            log.ToSorted().Select(finding => finding.ToString()));
    }

    [Fact]
    public void Keeps_findings_short_whatever_the_content()
    {
        var log = new FindingLog();
        string name = new('n', 10_000);
        new ConfigFields(Fixtures.Parse($"{{\"{name}\":\"{new string('v', 10_000)}\"}}"), "x.json", log).ReadNumber(name, out _);
        Assert.True(log.ToSorted()[0].ToString().Length < 400);
    }
}
