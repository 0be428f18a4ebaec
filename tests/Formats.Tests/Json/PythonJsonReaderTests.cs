using System.Text;
using Transfuse.Formats.Json;

namespace Transfuse.Formats.Tests.Json;

public class PythonJsonReaderTests
{
    public static TheoryData<string, string, int, int> Refused => new()
    {
        { nameof(PythonJsonCause.TooDeep), new string('[', 65), 1, 65 },
        { nameof(PythonJsonCause.NumberTooLong), new string('1', 401), 1, 1 },
        { nameof(PythonJsonCause.UnexpectedEnd), "", 1, 1 },
        { nameof(PythonJsonCause.UnexpectedEnd), " \n ", 2, 2 },
        { nameof(PythonJsonCause.UnexpectedEnd), "{", 1, 2 },
        { nameof(PythonJsonCause.UnexpectedEnd), "{\"a\"", 1, 5 },
        { nameof(PythonJsonCause.UnexpectedEnd), "{\"a\":", 1, 6 },
        { nameof(PythonJsonCause.UnexpectedEnd), "[1,", 1, 4 },
        { nameof(PythonJsonCause.UnexpectedEnd), "[1", 1, 3 },
        { nameof(PythonJsonCause.UnexpectedEnd), "\"abc", 1, 5 },
        { nameof(PythonJsonCause.UnexpectedEnd), "\"\\", 1, 3 },
        { nameof(PythonJsonCause.UnexpectedEnd), "\"\\u12", 1, 6 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "{'a': 1}", 1, 2 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "{\"a\" 1}", 1, 6 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "{\"a\": 1,}", 1, 9 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "{\"a\": 1 \"b\": 2}", 1, 9 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "[1,]", 1, 4 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "[1 2]", 1, 4 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "None", 1, 1 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "nul", 1, 1 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "+1", 1, 1 },
        { nameof(PythonJsonCause.UnexpectedCharacter), ".5", 1, 1 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "// x", 1, 1 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "\u00A01", 1, 1 },
        { nameof(PythonJsonCause.UnexpectedCharacter), "\uFEFF1", 1, 1 },
        { nameof(PythonJsonCause.ControlCharacter), "\"a\nb\"", 1, 3 },
        { nameof(PythonJsonCause.ControlCharacter), "\"a\tb\"", 1, 3 },
        { nameof(PythonJsonCause.ControlCharacter), "\"a\0b\"", 1, 3 },
        { nameof(PythonJsonCause.InvalidEscape), "\"\\x41\"", 1, 2 },
        { nameof(PythonJsonCause.InvalidEscape), "\"a\\u00g0\"", 1, 3 },
        { nameof(PythonJsonCause.InvalidEscape), "\"\\U0001\"", 1, 2 },
        { nameof(PythonJsonCause.InvalidNumber), "01", 1, 1 },
        { nameof(PythonJsonCause.InvalidNumber), "-", 1, 1 },
        { nameof(PythonJsonCause.InvalidNumber), "-01", 1, 1 },
        { nameof(PythonJsonCause.InvalidNumber), "1.", 1, 1 },
        { nameof(PythonJsonCause.InvalidNumber), "1.e5", 1, 1 },
        { nameof(PythonJsonCause.InvalidNumber), "1e", 1, 1 },
        { nameof(PythonJsonCause.InvalidNumber), "1e+", 1, 1 },
        { nameof(PythonJsonCause.InvalidNumber), "1-2", 1, 1 },
        { nameof(PythonJsonCause.InvalidNumber), "-NaN", 1, 1 },
        { nameof(PythonJsonCause.DuplicateName), "{\"r\": 8,\n \"r\": 16}", 2, 2 },
        { nameof(PythonJsonCause.DuplicateName), "{\"r\": 8, \"\\u0072\": 16}", 1, 10 },
        { nameof(PythonJsonCause.DuplicateName), "[{\"é\": 1, \"é\": 1}]", 1, 11 },
        { nameof(PythonJsonCause.TrailingData), "{} {}", 1, 4 },
        { nameof(PythonJsonCause.TrailingData), "1x", 1, 2 },
        { nameof(PythonJsonCause.TrailingData), "NaNN", 1, 4 },
        { nameof(PythonJsonCause.TrailingData), "{}\0", 1, 3 },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refuses_what_Python_refuses_and_says_where(string cause, string text, int line, int column)
    {
        // The theory data needs its own mark because a single one in front is skipped.
        string document = text.StartsWith('\uFEFF') ? "\uFEFF" + text : text;
        PythonJsonException exception = Assert.Throws<PythonJsonException>(() => Parse(document));
        Assert.Equal(cause, exception.Cause.ToString());
        Assert.Equal((line, column), (exception.Line, exception.Column));
        Assert.Equal("adapter_config.json", exception.FileName);
        Assert.StartsWith($"adapter_config.json: line {line} column {column}: ", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'"', 0xFF, (byte)'"' }, 2)]
    [InlineData(new byte[] { (byte)'"', 0xC3, 0xA9, 0xC3, (byte)'"' }, 3)]
    [InlineData(new byte[] { (byte)'"', 0xED, 0xA0, 0x80, (byte)'"' }, 2)]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'1', 0 }, 1)]
    public void Refuses_bytes_that_are_not_utf8(byte[] document, int column)
    {
        PythonJsonException exception = Assert.Throws<PythonJsonException>(() => PythonJson.Parse(document, "x.json"));
        Assert.Equal(PythonJsonCause.InvalidUtf8, exception.Cause);
        Assert.Equal((1, column), (exception.Line, exception.Column));
    }

    [Fact]
    public void Refuses_documents_beyond_the_limits()
    {
        Assert.Equal(PythonJsonCause.TooLarge, Cause("[1, 2]", new() { MaxBytes = 5 }));
        Assert.Equal(PythonJsonCause.TooManyValues, Cause("[1, 2]", new() { MaxValues = 2 }));
        Assert.Equal(PythonJsonCause.TooDeep, Cause("[[1]]", new() { MaxDepth = 1 }));
        Assert.Equal(PythonJsonCause.NumberTooLong, Cause("1234", new() { MaxNumberLength = 3 }));
        Assert.IsType<JsonArray>(Parse("[1, 2]", new() { MaxBytes = 6, MaxValues = 3, MaxDepth = 1, MaxNumberLength = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PythonJsonLimits { MaxDepth = 513 });
    }

    [Fact]
    public void Accepts_the_deepest_allowed_nesting()
    {
        string text = string.Concat(Enumerable.Repeat("[{\"a\": ", 256)) + "0" + string.Concat(Enumerable.Repeat("}]", 256));
        Assert.IsType<JsonArray>(Parse(text, new() { MaxDepth = 512 }));
        Assert.Equal(PythonJsonCause.TooDeep, Cause(text, new() { MaxDepth = 511 }));
    }

    [Fact]
    public void Keeps_the_text_and_the_order_of_what_it_reads()
    {
        var value = Assert.IsType<JsonObject>(Parse("\uFEFF\r\n\t {\"b\" : 2e-05 , \"a\":[8.0,-0,1E5, 0.10],\"\":null,\"t\":true,\"f\":false} \n"));
        Assert.Equal(["b", "a", "", "t", "f"], value.Members.Select(member => member.Key));
        Assert.Equal("2e-05", Assert.IsType<JsonNumber>(value["b"]).Text);
        Assert.Equal(["8.0", "-0", "1E5", "0.10"], Assert.IsType<JsonArray>(value["a"]).Items.Select(item => ((JsonNumber)item).Text));
        Assert.Same(JsonNull.Instance, value[""]);
        Assert.Same(JsonBoolean.True, value["t"]);
        Assert.Same(JsonBoolean.False, value["f"]);
    }

    [Fact]
    public void Accepts_the_numbers_that_only_Python_writes()
    {
        var value = Assert.IsType<JsonArray>(Parse("[NaN, Infinity, -Infinity, 1e999]"));
        Assert.Equal(
            [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.PositiveInfinity], value.Items.Select(item => ((JsonNumber)item).Value));
        Assert.Equal(["NaN", "Infinity", "-Infinity", "1e999"], value.Items.Select(item => ((JsonNumber)item).Text));
    }

    [Theory]
    [InlineData("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t")]
    [InlineData("\"\\u00e9\\uD83D\\ude00 é\U0001F600\u007F\"", "é\U0001F600 é\U0001F600\u007F")]
    public void Unescapes_strings(string text, string expected) =>
        Assert.Equal(expected, Assert.IsType<JsonString>(Parse(text)).Value);

    [Fact]
    public void Keeps_lone_surrogates()
    {
        Assert.Equal("\ud83d", Assert.IsType<JsonString>(Parse("\"\\ud83d\"")).Value);
        Assert.Equal("x\udc00\ud800y", Assert.IsType<JsonString>(Parse("\"x\\udc00\\ud800y\"")).Value);
    }

    [Fact]
    public void Reads_a_long_document_in_linear_time()
    {
        string text = "[" + string.Join(',', Enumerable.Repeat("\"model.layers.0\"", 500_000)) + "]";
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(500_000, Assert.IsType<JsonArray>(Parse(text)).Items.Length);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    [Fact]
    public void Random_bytes_end_in_a_value_or_in_its_own_exception()
    {
        var random = new Random(1);
        byte[] seed = "{\"a\": [1.5e-3, \"\\u00e9\\ud800\", null, true, NaN], \"b\": {\"c\": -Infinity}}"u8.ToArray();
        int read = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] document = [.. seed];
            for (int change = random.Next(3); change >= 0; change--)
            {
                document[random.Next(document.Length)] = (byte)random.Next(256);
            }

            try
            {
                PythonJson.Parse(document.AsSpan(random.Next(3) == 0 ? random.Next(document.Length) : 0), "x.json");
                read++;
            }
            catch (PythonJsonException)
            {
            }
        }

        Assert.InRange(read, 100, 19_000);
    }

    private static JsonValue Parse(string text, PythonJsonLimits? limits = null) =>
        PythonJson.Parse(Encoding.UTF8.GetBytes(text), "adapter_config.json", limits);

    private static PythonJsonCause Cause(string text, PythonJsonLimits limits) =>
        Assert.Throws<PythonJsonException>(() => Parse(text, limits)).Cause;
}
