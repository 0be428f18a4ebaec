using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Safetensors;

public class SafetensorsFileTests
{
    private const string Pair =
        """{"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"A":{"dtype":"I16","shape":[2,1],"data_offsets":[3,7]}}""";

    [Fact]
    public void Reads_type_shape_and_bytes_sorted_by_name()
    {
        using SafetensorsFile file = SafetensorsBytes.Open(Pair, 1, 2, 3, 4, 5, 6, 7);
        Assert.Equal(["A", "b"], file.Tensors.Select(named => named.Name));
        (LazyTensor a, LazyTensor b) = (file.Tensors[0].Tensor, file.Tensors[1].Tensor);
        Assert.Equal((DType.I16, new TensorShape(2, 1)), (a.DType, a.Shape));
        Assert.Equal((DType.U8, new TensorShape(3)), (b.DType, b.Shape));
        Assert.Equal([4, 5, 6, 7], Bytes(a));
        Assert.Equal([1, 2, 3], Bytes(b));
    }

    [Fact]
    public void Reads_ranges_but_never_a_neighbour()
    {
        using SafetensorsFile file = SafetensorsBytes.Open(Pair, 1, 2, 3, 4, 5, 6, 7);
        LazyTensor tensor = file.Tensors[1].Tensor;
        byte[] range = new byte[2];
        tensor.ReadRange(1, range);
        Assert.True(tensor.SupportsRanges);
        Assert.Equal([2, 3], range);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.ReadRange(2, range));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.ReadRange(-1, range));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Tensors[0].Tensor.ReadRange(-1, range));
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData(" \t\r\n{}", 0)]
    [InlineData("{}  \n ", 0)]
    [InlineData("""{"__metadata__":null}""", 0)]
    [InlineData("""{"__metadata__":{}}""", 0)]
    [InlineData("""{"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1)]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 4)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,0],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0)]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F64","shape":[1],"data_offsets":[1,9]}}""", 9)]
    [InlineData("""{"a":{"note":{"x":[1,{}]},"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":null}}""", 1)]
    [InlineData("""{"a":{"data_offsets":[0,1],"dtype":"F4","shape":[1,2]}}""", 1)]
    [InlineData("""{"a":{"data_offsets":[0,3],"dtype":"F6_E2M3","shape":[4]}}""", 3)]
    [InlineData("""{"a":{"data_offsets":[0,0],"dtype":"F6_E3M2","shape":[0,9223372036854775807]}}""", 0)]
    public void Accepts_what_the_reference_implementation_accepts(string header, int dataLength)
    {
        using SafetensorsFile file = SafetensorsBytes.Open(header, new byte[dataLength]);
        Assert.Equal(dataLength, file.Tensors.Sum(named => named.Tensor.ByteLength));
        Assert.All(file.Tensors, named => Assert.Equal(named.Tensor.ByteLength, Bytes(named.Tensor).Length));
    }

    [Theory]
    [InlineData("{}", null)]
    [InlineData("""{"__metadata__":null}""", null)]
    [InlineData("""{"__metadata__":{}}""", "")]
    [InlineData("""{"__metadata__":{"format":"pt","":"\u00e9\n"}}""", "=\u00e9\n;format=pt")]
    public void Reads_metadata(string header, string? expected)
    {
        using SafetensorsFile file = SafetensorsBytes.Open(header);
        string? found = file.Metadata is null
            ? null
            : string.Join(';', file.Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}={entry.Value}"));
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Reading_after_dispose_throws()
    {
        SafetensorsFile file = SafetensorsBytes.Open(
            """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}""", 1);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Bytes(file.Tensors[0].Tensor));
        Assert.Throws<ObjectDisposedException>(() => Bytes(file.Tensors[1].Tensor));
        Assert.Throws<ObjectDisposedException>(() => file.Tensors[0].Tensor.ReadRange(0, new byte[1]));
    }

    [Fact]
    public void Reading_stops_when_cancelled()
    {
        using SafetensorsFile file = SafetensorsBytes.Open(Pair, 1, 2, 3, 4, 5, 6, 7);
        var cancelled = new CancellationToken(canceled: true);
        Assert.Throws<OperationCanceledException>(() => file.Tensors[0].Tensor.CopyTo(new byte[4], cancelled));
        Assert.Throws<OperationCanceledException>(() => file.Tensors[0].Tensor.ReadRange(0, new byte[4], cancelled));
    }

    [Fact]
    public void A_file_that_shrinks_while_open_is_an_io_error()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllBytes(path, SafetensorsBytes.Of(Pair, 1, 2, 3, 4, 5, 6, 7));
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            using (var shrink = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            {
                shrink.SetLength(shrink.Length - 1);
            }

            Assert.Equal([1, 2, 3], Bytes(file.Tensors[1].Tensor));
            Assert.Throws<EndOfStreamException>(() => Bytes(file.Tensors[0].Tensor));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_missing_file_is_an_io_error() =>
        Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(Path.Combine(FixtureFiles.Root, "none.safetensors")));

    private static byte[] Bytes(LazyTensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }
}
