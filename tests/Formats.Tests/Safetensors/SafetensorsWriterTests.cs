using System.Text;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Safetensors;

public class SafetensorsWriterTests
{
    private static readonly NamedTensor Zeros = new("test", new MemoryTensor(DType.I32, new TensorShape(2, 2), new byte[16]));

    [Fact]
    public void Writes_the_reference_bytes_of_one_tensor() => AssertWrites(
        0x40, """{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}    """, new byte[16], null, Zeros);

    [Fact]
    public void Writes_the_reference_bytes_of_a_tensor_with_metadata() => AssertWrites(
        0x60,
        """{"__metadata__":{"framework":"pt"},"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}  """,
        new byte[16],
        new() { ["framework"] = "pt" },
        Zeros);

    [Fact]
    public void Writes_the_reference_bytes_of_two_tensors() => AssertWrites(
        0x80,
        """{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]},"test2":{"dtype":"F16","shape":[2,2],"data_offsets":[16,24]}}"""
            + "       ",
        [.. new byte[16], 1, 2, 3, 4, 5, 6, 7, 8],
        null,
        new("test2", new MemoryTensor(DType.F16, new TensorShape(2, 2), new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 })),
        Zeros);

    [Fact]
    public void Writes_the_reference_bytes_of_an_empty_file() => AssertWrites(8, "{}      ", [], null);

    [Fact]
    public void Writes_half_byte_elements() => AssertWrites(
        0x40,
        """{"test":{"dtype":"F4","shape":[1,2],"data_offsets":[0,1]}}      """,
        [0x21],
        null,
        new NamedTensor("test", new MemoryTensor(DType.F4, new TensorShape(1, 2), new byte[] { 0x21 })));

    [Fact]
    public void Orders_by_type_then_by_the_bytes_of_the_name()
    {
        // U+E000 comes before U+10000 in UTF-8, but after its surrogates in UTF-16.
        string[] names = ["b", "a", "\U00010000", "\uE000", "", "a.b"];
        NamedTensor[] tensors =
        [
            .. names.Select(name => new NamedTensor(name, Bytes(DType.BF16, 2))),
            new("x", Bytes(DType.F32, 4)), new("y", Bytes(DType.F16, 2)), new("w", Bytes(DType.U64, 8)), new("v", Bytes(DType.Bool, 1)),
        ];
        string[] expected = ["w", "x", "", "a", "a.b", "b", "\uE000", "\U00010000", "y", "v"];
        string header = Encoding.UTF8.GetString(Write(tensors, null));
        int[] positions = [.. expected.Select(name => header.IndexOf($"\"{name}\":", StringComparison.Ordinal))];
        Assert.DoesNotContain(-1, positions);
        Assert.Equal(positions.Order(), positions);
        Assert.Equal(Write([.. tensors.Reverse()], null), Write(tensors, null));
    }

    [Fact]
    public void Escapes_only_what_json_demands()
    {
        var metadata = new Dictionary<string, string> { ["z"] = "\"\\/\b\f\n\r\t\u0001\u001f\u007f", ["\u00e9"] = "\U0001F600\u2028<", ["a"] = string.Empty };
        byte[] bytes = Write([new("q\"", Bytes(DType.U8, 0))], metadata);
        Assert.StartsWith(
            """{"__metadata__":{"a":"","z":"\"\\/\b\f\n\r\t\u0001\u001f""" + "\u007f\",\"\u00e9\":\"\U0001F600\u2028<\"},"
                + """ "q\"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}} """.Trim(),
            Encoding.UTF8.GetString(bytes.AsSpan(8)));
        using SafetensorsFile file = SafetensorsBytes.Open(bytes);
        Assert.Equal(metadata.OrderBy(entry => entry.Key), file.Metadata!.OrderBy(entry => entry.Key));
        Assert.Equal("q\"", Assert.Single(file.Tensors).Name);
    }

    [Fact]
    public void Writes_empty_metadata_as_an_empty_object() =>
        AssertWrites(24, """{"__metadata__":{}}     """, [], []);

    [Fact]
    public void Refuses_a_name_given_twice() =>
        AssertRefuses(SafetensorsError.DuplicateName, "test", null, Zeros, new("test", Bytes(DType.F16, 2)));

    [Fact]
    public void Refuses_the_name_of_the_metadata() =>
        AssertRefuses(SafetensorsError.ReservedName, "__metadata__", null, new NamedTensor("__metadata__", Bytes(DType.U8, 1)));

    [Fact]
    public void Refuses_a_name_that_is_not_unicode() =>
        AssertRefuses(SafetensorsError.NotUnicode, "a\ud800", null, new NamedTensor("a\ud800", Bytes(DType.U8, 1)));

    [Fact]
    public void Refuses_metadata_that_is_not_unicode()
    {
        AssertRefuses(SafetensorsError.NotUnicode, null, new() { ["\udc00"] = "v" }, Zeros);
        AssertRefuses(SafetensorsError.NotUnicode, null, new() { ["k"] = "v\ud800v" }, Zeros);
    }

    [Fact]
    public void Refuses_half_a_byte() => AssertRefuses(
        SafetensorsError.MisalignedSlice, "a", null, new NamedTensor("a", new MemoryTensor(DType.F4, new TensorShape(3), new byte[2])));

    [Fact]
    public void Refuses_a_computed_tensor_larger_than_any_array() => AssertRefuses(
        SafetensorsError.TensorTooLarge, "a", null, new NamedTensor("a", new ComputedTensor(new TensorShape(3_000_000_000), 0)));

    [Fact]
    public void Refuses_a_header_that_readers_refuse() =>
        AssertRefuses(SafetensorsError.HeaderTooLarge, null, new() { ["a"] = new string('x', 100_000_000) });

    [Fact]
    public void Refuses_a_header_that_would_not_be_read_again() =>
        AssertRefuses(SafetensorsError.TooMany, null, new() { ["a"] = new string('x', 13 << 20) });

    private static void AssertWrites(int headerLength, string header, byte[] data, Dictionary<string, string>? metadata, params NamedTensor[] tensors)
    {
        Assert.Equal(headerLength, header.Length);
        Assert.Equal(SafetensorsBytes.Of(header, data), Write(tensors, metadata));
    }

    private static void AssertRefuses(
        SafetensorsError cause, string? tensor, Dictionary<string, string>? metadata, params NamedTensor[] tensors)
    {
        using var sink = new MemoryByteSink();
        var options = new SafetensorsWriterOptions { FileName = "out.safetensors" };
        var refusal = Assert.Throws<SafetensorsException>(() => SafetensorsWriter.Write(sink, tensors, metadata, options));
        Assert.Equal((cause, tensor, "out.safetensors"), (refusal.Cause, refusal.TensorName, refusal.FileName));
        Assert.Equal((0, 0), (sink.Bytes.Length, sink.Writes));
    }

    private static byte[] Write(NamedTensor[] tensors, Dictionary<string, string>? metadata)
    {
        using var sink = new MemoryByteSink();
        SafetensorsWriter.Write(sink, tensors, metadata);
        return sink.Complete();
    }

    private static MemoryTensor Bytes(DType dtype, int length) =>
        new(dtype, new TensorShape(length * 8 / dtype.BitSize()), new byte[length]);
}
