using System.Text;
using Transfuse.Formats.Files;
using Transfuse.Formats.Safetensors;

namespace Transfuse.Formats.Tests.Safetensors;

/// <summary>One broken file per cause, from literal bytes.</summary>
public class RefusalTests
{
    [Theory]
    [InlineData(SafetensorsError.HeaderTooSmall, "")]
    [InlineData(SafetensorsError.HeaderTooSmall, "02000000000000")]
    [InlineData(SafetensorsError.HeaderTooLarge, "3C000000000000FF")]
    [InlineData(SafetensorsError.HeaderTooLarge, "01E1F50500000000")]
    [InlineData(SafetensorsError.InvalidHeaderLength, "00E1F50500000000")]
    [InlineData(SafetensorsError.InvalidHeaderLength, "3C00000000000000")]
    [InlineData(SafetensorsError.InvalidHeaderLength, "03000000000000007B7D")]
    [InlineData(SafetensorsError.HeaderNotUtf8, "0100000000000000FF")]
    [InlineData(SafetensorsError.HeaderNotUtf8, "05000000000000007B22C0227D")]
    [InlineData(SafetensorsError.HeaderNotJson, "0000000000000000")]
    [InlineData(SafetensorsError.HeaderNotJson, "01000000000000007B")]
    [InlineData(SafetensorsError.HeaderNotJson, "0500000000000000EFBBBF7B7D")]
    [InlineData(SafetensorsError.HeaderNotJson, "03000000000000007B7D00")]
    [InlineData(SafetensorsError.TrailingBytes, "02000000000000007B7D00")]
    public void Refuses_bytes(SafetensorsError cause, string hex) =>
        Assert.Equal(cause, SafetensorsBytes.Refuse(Convert.FromHexString(hex)).Cause);

    [Fact]
    public void Refuses_more_than_is_read()
    {
        Refuses(SafetensorsError.TooMany, OfRank(65), 1, "a");
        Refuses(SafetensorsError.TooMany, OfEmptyTensors(100_001), 0, null);
        Refuses(
            SafetensorsError.TooMany, "{\"__metadata__\":{" + string.Join(',', Enumerable.Range(0, 100_001).Select(index => $"\"{index}\":\"\"")) + "}}", 0,
            null);
        Refuses(SafetensorsError.TooMany, "{\"__metadata__\":{\"a\":\"" + new string('x', 9 << 20) + "\"}}", 0, null);
    }

    [Fact]
    public void Refuses_a_header_of_more_than_12_mebibytes()
    {
        using SafetensorsFile longest = SafetensorsBytes.Open("{}" + new string(' ', (12 << 20) - 2));
        Assert.Empty(longest.Tensors);
        SafetensorsException refused = SafetensorsBytes.Refuse(SafetensorsBytes.Of("{}" + new string(' ', (12 << 20) - 1)));
        Assert.Equal(SafetensorsError.TooMany, refused.Cause);
        Assert.EndsWith("the header has 12582913 bytes; at most 12582912 are read from a file of 12582921", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 12_582_912)]
    [InlineData(100_663_296, 12_582_912)]
    [InlineData(200_000_000, 25_000_000)]
    [InlineData(long.MaxValue, 100_000_000)]
    public void Reads_an_eighth_of_a_larger_file_as_header(long file, long header) => Assert.Equal(header, Header.MaxLengthIn(file));

    [Fact]
    public void Reads_as_much_as_the_limits_allow()
    {
        using SafetensorsFile one = SafetensorsBytes.Open(OfRank(64), 1);
        using SafetensorsFile all = SafetensorsBytes.Open(OfEmptyTensors(100_000));
        Assert.Equal((64, 100_000), (one.Tensors[0].Tensor.Shape.Rank, all.Tensors.Length));
    }

    private static string OfRank(int rank) =>
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + string.Join(',', Enumerable.Repeat(1, rank)) + "],\"data_offsets\":[0,1]}}";

    private static string OfEmptyTensors(int count) =>
        "{" + string.Join(',', Enumerable.Range(0, count).Select(index => $"\"{index}\":" + "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}")) + "}";

    [Theory]
    [InlineData("{} {}")]
    [InlineData("{} x")]
    [InlineData("{,}")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1,],"data_offsets":[0,1]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}/**/}""")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""")]
    [InlineData("""{'a':{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""")]
    [InlineData("{\"a\n\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}")]
    public void Refuses_what_is_not_json(string header) => Refuses(SafetensorsError.HeaderNotJson, header, 1, null);

    [Theory]
    [InlineData("[]", null)]
    [InlineData("null", null)]
    [InlineData("\"a\"", null)]
    [InlineData("""{"a":null}""", "a")]
    [InlineData("""{"a":[]}""", "a")]
    [InlineData("""{"a":{}}""", "a")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1]}}""", "a")]
    [InlineData("""{"a":{"dtype":4,"shape":[1],"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":null,"shape":[1],"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":{"begin":0,"end":1}}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}""", "a")]
    [InlineData("""{"__metadata__":1}""", null)]
    [InlineData("""{"__metadata__":"pt"}""", null)]
    [InlineData("""{"__metadata__":{"format":null}}""", null)]
    [InlineData("""{"__metadata__":{"format":{"a":"b"}}}""", null)]
    public void Refuses_a_header_of_another_shape(string header, string? tensor) =>
        Refuses(SafetensorsError.WrongHeaderShape, header, 1, tensor);

    [Theory]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,1]}}""", "a")]
    [InlineData("""{"__metadata__":null,"__metadata__":null,"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", null)]
    [InlineData("""{"__metadata__":{"format":"pt","format":"pt"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", null)]
    public void Refuses_what_occurs_twice(string header, string? tensor) => Refuses(SafetensorsError.DuplicateName, header, 1, tensor);

    [Theory]
    [InlineData("F33")]
    [InlineData("f32")]
    [InlineData("")]
    [InlineData("bfloat16")]
    public void Refuses_an_unknown_dtype(string dtype) => Refuses(
        SafetensorsError.UnknownDType, Entry(dtype, "[1]", "[0,4]"), 4, "a");

    [Theory]
    [InlineData("-1", "0", "1")]
    [InlineData("-0", "0", "1")]
    [InlineData("1.0", "0", "1")]
    [InlineData("1e0", "0", "1")]
    [InlineData("18446744073709551616", "0", "1")]
    [InlineData("1", "-1", "1")]
    [InlineData("1", "0", "1.5")]
    public void Refuses_an_invalid_number(string extent, string begin, string end) => Refuses(
        SafetensorsError.InvalidNumber, Entry("U8", $"[{extent}]", $"[{begin},{end}]"), 1, "a");

    [Theory]
    [InlineData("[1,0]")]
    [InlineData("[0,9223372036854775808]")]
    public void Refuses_offsets_that_are_no_range(string offsets) => Refuses(
        SafetensorsError.OffsetOutOfRange, Entry("U8", "[1]", offsets), 1, "a");

    [Fact]
    public void Refuses_a_hole_before_the_first_tensor() =>
        Refuses(SafetensorsError.Hole, """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "a");

    [Fact]
    public void Refuses_a_hole_between_tensors() => Refuses(
        SafetensorsError.Hole,
        """{"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""",
        3,
        "b");

    [Fact]
    public void Refuses_tensors_that_overlap() => Refuses(
        SafetensorsError.Overlap,
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""",
        3,
        "b");

    [Fact]
    public void Refuses_ten_tensors_on_the_same_bytes()
    {
        string entries = string.Join(",", Enumerable.Range(0, 10).Select(index => $$"""
            "weight_{{index}}":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}
            """));
        SafetensorsException refusal = SafetensorsBytes.Refuse(SafetensorsBytes.Of("{" + entries + "}", new byte[16]));
        Assert.Equal(SafetensorsError.Overlap, refusal.Cause);
    }

    [Theory]
    [InlineData("I32", "[2,18446744073709551614]")]
    [InlineData("I32", "[2,9223372036854775807]")]
    [InlineData("I32", "[9223372036854775807]")]
    [InlineData("F64", "[4611686018427387904,2,0]")]
    public void Refuses_a_shape_that_overflows(string dtype, string shape) => Refuses(
        SafetensorsError.ShapeOverflow, Entry(dtype, shape, "[0,4]"), 4, "a");

    [Theory]
    [InlineData("F4", "[1,3]", 2)]
    [InlineData("F6_E2M3", "[3]", 2)]
    [InlineData("F6_E3M2", "[2]", 2)]
    public void Refuses_elements_that_end_within_a_byte(string dtype, string shape, int bytes) => Refuses(
        SafetensorsError.MisalignedSlice, Entry(dtype, shape, $"[0,{bytes}]"), bytes, "a");

    [Theory]
    [InlineData("I32", "[2,2]", 4)]
    [InlineData("I32", "[2,2]", 20)]
    [InlineData("F4", "[1,2]", 2)]
    [InlineData("F16", "[]", 4)]
    [InlineData("F32", "[0]", 4)]
    public void Refuses_a_size_that_does_not_fit_the_shape(string dtype, string shape, int bytes) => Refuses(
        SafetensorsError.SizeMismatch, Entry(dtype, shape, $"[0,{bytes}]"), bytes, "a");

    [Theory]
    [InlineData(SafetensorsError.IncompleteBuffer, 15)]
    [InlineData(SafetensorsError.TrailingBytes, 17)]
    public void Refuses_data_of_another_length(SafetensorsError cause, int bytes) =>
        Refuses(cause, """{"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}""", bytes, null);

    [Fact]
    public void Refuses_deep_nesting() => Refuses(
        SafetensorsError.HeaderNotJson,
        $$$"""{"a":{"note":{{{new string('[', 100_000)}}}{{{new string(']', 100_000)}}}}}""",
        1,
        null);

    [Fact]
    public void Message_names_file_tensor_and_numbers()
    {
        SafetensorsException refusal = SafetensorsBytes.Refuse(SafetensorsBytes.Of(
            """{"layers.0\u001b[31m":{"dtype":"I32","shape":[2,2],"data_offsets":[0,4]}}""", new byte[4]));
        Assert.Equal(
            """a.safetensors: tensor 'layers.0\u001b[31m': I32 (2, 2) needs 16 bytes, but its data_offsets [0, 4] give 4""",
            refusal.Message);
        Assert.Equal("layers.0\u001b[31m", refusal.TensorName);
        Assert.Equal("a.safetensors", refusal.FileName);
        Assert.Equal("I32 (2, 2) needs 16 bytes, but its data_offsets [0, 4] give 4", refusal.Detail);
    }

    [Fact]
    public void Message_cuts_what_is_long()
    {
        string name = new('n', 100_000);
        string shape = string.Join(",", Enumerable.Repeat("1", 64));
        string header = $$$"""{"{{{name}}}":{"dtype":"U8","shape":[{{{shape}}}],"data_offsets":[0,2]}}""";
        SafetensorsException refusal = SafetensorsBytes.Refuse(SafetensorsBytes.Of(header, 0, 0));
        Assert.Equal(SafetensorsError.SizeMismatch, refusal.Cause);
        Assert.InRange(refusal.Message.Length, 250, 400);
    }

    [Fact]
    public void A_false_length_allocates_nothing()
    {
        byte[] bytes = Convert.FromHexString("FFE0F505000000007B7D");
        SafetensorsBytes.Refuse(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        SafetensorsBytes.Refuse(bytes);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Disposes_the_source_of_a_refused_file()
    {
        var source = new MemoryByteSource("a", Encoding.UTF8.GetBytes("far too short?"));
        Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(source));
        Assert.Throws<ObjectDisposedException>(() => source.Read(0, new byte[1]));
    }

    private static string Entry(string dtype, string shape, string offsets) =>
        $$$"""{"a":{"dtype":"{{{dtype}}}","shape":{{{shape}}},"data_offsets":{{{offsets}}}}}""";

    private static void Refuses(SafetensorsError cause, string header, int dataLength, string? tensor)
    {
        SafetensorsException refusal = SafetensorsBytes.Refuse(SafetensorsBytes.Of(header, new byte[dataLength]));
        Assert.Equal((cause, tensor), (refusal.Cause, refusal.TensorName));
    }
}
