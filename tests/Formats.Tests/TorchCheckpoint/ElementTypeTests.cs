using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Formats.Tests.TorchCheckpoint;

public class ElementTypeTests
{
    /// <summary>Storage class, type, and how many bytes a big-endian machine reverses together.</summary>
    public static TheoryData<string, DType, int, int> Types => new()
    {
        { "Float", DType.F32, 4, 4 },
        { "Half", DType.F16, 2, 2 },
        { "BFloat16", DType.BF16, 2, 2 },
        { "Double", DType.F64, 8, 8 },
        { "Long", DType.I64, 8, 8 },
        { "Int", DType.I32, 4, 4 },
        { "Short", DType.I16, 2, 2 },
        { "Char", DType.I8, 1, 1 },
        { "Byte", DType.U8, 1, 1 },
        { "Bool", DType.Bool, 1, 1 },
        { "ComplexFloat", DType.C64, 8, 4 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Storages_of_both_byte_orders_give_little_endian_elements(string name, DType type, int size, int unit)
    {
        byte[] little = [.. Enumerable.Range(1, 6 * size).Select(value => (byte)value)];
        byte[] big = [.. little.Chunk(unit).SelectMany(chunk => chunk.Reverse())];
        byte[] transposed =
        [
            .. from row in Enumerable.Range(0, 3) from column in Enumerable.Range(0, 2) from value in little.Skip(((column * 3) + row) * size)
                .Take(size) select value,
        ];
        foreach ((string order, byte[] storage) in new[] { ("little", little), ("big", big) })
        {
            using TorchCheckpointFile file = TorchCheck.Open(TorchCheck.One($"torch.{name}Storage", storage, 6, 0, [2, 3], [3, 1], order));
            LazyTensor tensor = file.Tensors.Single().Tensor;
            Assert.Equal(type, tensor.DType);
            Assert.Equal(little, TorchCheck.Bytes(tensor));
            Assert.Equal(order == "little" || unit == 1, tensor.SupportsRanges);
            using TorchCheckpointFile turned = TorchCheck.Open(TorchCheck.One($"torch.{name}Storage", storage, 6, 0, [3, 2], [1, 3], order));
            Assert.Equal(transposed, TorchCheck.Bytes(turned.Tensors.Single().Tensor));
        }
    }

    [Fact]
    public void Archives_without_byte_order_are_little_endian()
    {
        using TorchCheckpointFile file = TorchCheck.Open(TorchCheck.One("torch.IntStorage", TorchCheck.Raw(258), 1, 0, [1], [1], byteOrder: null));
        Assert.Equal([258], TorchCheck.Values<int>(file.Tensors.Single().Tensor));
    }

    [Theory]
    [InlineData("float8_e4m3fn", DType.F8E4M3, 1)]
    [InlineData("float8_e5m2", DType.F8E5M2, 1)]
    [InlineData("uint16", DType.U16, 2)]
    [InlineData("float32", DType.F32, 4)]
    public void Untyped_storages_take_the_type_of_their_tensors(string name, DType type, int size)
    {
        byte[] storage = [.. Enumerable.Range(0, 8).Select(value => (byte)value)];
        long elements = 8 / size;
        byte[] pickle = TorchCheck.Dictionary(writer => Untyped(writer.Text("w"), name, elements - 1, offset: 1));
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(pickle, [("0", storage)]));
        LazyTensor tensor = file.Tensors.Single().Tensor;
        Assert.Equal(type, tensor.DType);
        Assert.Equal(storage.Skip(size), TorchCheck.Bytes(tensor));
        TorchCheckpointException exception = TorchCheck.Refuses(
            TorchWriter.Zip(TorchCheck.Dictionary(writer => Untyped(writer.Text("w"), name, elements, offset: 1)), [("0", storage)]),
            TorchCheckpointError.TensorOutOfBounds,
            "w");
        Assert.Contains($"{elements + 1} elements", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_untyped_big_endian_storages_of_wide_elements()
    {
        byte[] pickle = TorchCheck.Dictionary(writer => Untyped(writer.Text("w"), "uint16", 4, offset: 0));
        TorchCheck.Refuses(TorchWriter.Zip(pickle, [("0", new byte[8])], "big"), TorchCheckpointError.TypeUnsupported, "w");
        byte[] bytes = TorchCheck.Dictionary(writer => Untyped(writer.Text("w"), "float8_e5m2", 8, offset: 0));
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(bytes, [("0", new byte[8])], "big"));
        Assert.Equal(DType.F8E5M2, file.Tensors.Single().Tensor.DType);
    }

    [Theory]
    [InlineData("torch.ComplexDoubleStorage")]
    public void Refuses_types_that_safetensors_lacks(string storageClass) =>
        TorchCheck.Refuses(TorchCheck.One(storageClass, new byte[16], 1, 0, [1], [1]), TorchCheckpointError.TypeUnsupported, storageClass);

    [Fact]
    public void Refuses_complex128_elements_of_untyped_storages()
    {
        byte[] pickle = TorchCheck.Dictionary(writer => Untyped(writer.Text("w"), "complex128", 1, offset: 0));
        TorchCheck.Refuses(TorchWriter.Zip(pickle, [("0", new byte[8])]), TorchCheckpointError.TypeUnsupported, "torch.complex128");
    }

    [Fact]
    public void Refuses_a_tensor_whose_type_is_not_its_storages()
    {
        PickleWriter writer = new PickleWriter().EmptyDict().Text("w").Global(
            "torch._utils", "_rebuild_tensor_v3").Mark().Storage("torch.FloatStorage", "0", 2);
        byte[] pickle = writer.Number(0).Integers(2).Integers(1).Bool(false).OrderedDict().Global("torch", "int32").Raw((byte)'t', (byte)'R', (byte)'s').Stop();
        TorchCheck.Refuses(TorchWriter.Zip(pickle, [("0", new byte[8])]), TorchCheckpointError.StorageConflict, "0");
    }

    [Fact]
    public void Refuses_an_untyped_storage_in_a_tensor_without_type() =>
        TorchCheck.Refuses(TorchCheck.One("torch.storage.UntypedStorage", new byte[8], 8, 0, [8], [1]), TorchCheckpointError.StorageConflict, "0");

    private static void Untyped(PickleWriter writer, string type, long count, long offset) => writer
        .Global("torch._utils", "_rebuild_tensor_v3")
            .Mark()
            .Storage("torch.storage.UntypedStorage", "0", 8)
            .Number(offset)
            .Integers(count)
            .Integers(1)
            .Bool(false)
        .OrderedDict().Global("torch", type).Raw((byte)'t', (byte)'R');
}
