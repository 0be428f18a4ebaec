using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.Npz;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Npz;

public class ArrayTests
{
    /// <summary>Type string, type, bytes of an element.</summary>
    public static TheoryData<string, DType, int> Types => new()
    {
        { "f2", DType.F16, 2 },
        { "f4", DType.F32, 4 },
        { "f8", DType.F64, 8 },
        { "i2", DType.I16, 2 },
        { "i4", DType.I32, 4 },
        { "i8", DType.I64, 8 },
        { "u2", DType.U16, 2 },
        { "u4", DType.U32, 4 },
        { "u8", DType.U64, 8 },
        { "c8", DType.C64, 4 },
        { "V2", DType.BF16, 2 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Both_byte_orders_and_both_compressions_give_little_endian_elements(string name, DType type, int unit)
    {
        byte[] little = [.. Enumerable.Range(1, 6 * type.BitSize() / 8).Select(value => (byte)value)];
        byte[] big = [.. little.Chunk(unit).SelectMany(chunk => chunk.Reverse())];
        foreach (bool deflated in new[] { false, true })
        {
            using NpzFile first = NpzCheck.One(NpyWriter.Write("<" + name, [2, 3], little), deflated);
            using NpzFile second = NpzCheck.One(NpyWriter.Write(">" + name, [2, 3], big), deflated);
            foreach (LazyTensor tensor in new[] { first.Tensors.Single().Tensor, second.Tensors.Single().Tensor })
            {
                Assert.Equal(type, tensor.DType);
                Assert.Equal(new TensorShape(2, 3), tensor.Shape);
                Assert.Equal(little, NpzCheck.Bytes(tensor));
            }
        }
    }

    [Theory]
    [InlineData("|b1", DType.Bool)]
    [InlineData("|i1", DType.I8)]
    [InlineData("|u1", DType.U8)]
    [InlineData("<u1", DType.U8)]
    public void Types_of_one_byte_need_no_order(string descr, DType type)
    {
        using NpzFile file = NpzCheck.One(NpyWriter.Write(descr, [3], [1, 0, 1]));
        Assert.Equal(type, file.Tensors.Single().Tensor.DType);
        Assert.Equal([1, 0, 1], NpzCheck.Bytes(file.Tensors.Single().Tensor));
    }

    [Theory]
    [InlineData("V2")]
    [InlineData("|V2")]
    [InlineData("<V2")]
    public void Bfloat16_of_MLX_has_three_spellings(string descr)
    {
        using NpzFile file = NpzCheck.One(NpyWriter.Write(descr, [1], [0x80, 0x3f]));
        Assert.Equal(DType.BF16, file.Tensors.Single().Tensor.DType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fortran_order_is_permuted(bool bigEndian)
    {
        // element (i, j, k) has the value 100 i + 10 j + k
        short[] rows =
            [.. from i in Enumerable.Range(0, 2) from j in Enumerable.Range(0, 3) from k in Enumerable.Range(0, 4) select (short)((100 * i) + (10 * j) + k)];
        short[] columns =
            [.. from k in Enumerable.Range(0, 4) from j in Enumerable.Range(0, 3) from i in Enumerable.Range(0, 2) select (short)((100 * i) + (10 * j) + k)];
        byte[] data = [.. columns.SelectMany(value => bigEndian ? BitConverter.GetBytes(value).Reverse() : BitConverter.GetBytes(value))];
        using NpzFile file = NpzCheck.One(NpyWriter.Write(bigEndian ? ">i2" : "<i2", [2, 3, 4], data, fortran: true));
        Assert.Equal(rows.SelectMany(BitConverter.GetBytes), NpzCheck.Bytes(file.Tensors.Single().Tensor));
    }

    [Fact]
    public void Fortran_order_of_vectors_and_empty_arrays_changes_nothing()
    {
        using NpzFile vector = NpzCheck.One(NpyWriter.Write("|u1", [3], [1, 2, 3], fortran: true));
        Assert.Equal([1, 2, 3], NpzCheck.Bytes(vector.Tensors.Single().Tensor));
        using NpzFile empty = NpzCheck.One(NpyWriter.Write("<f4", [0, 5], [], fortran: true));
        Assert.Equal(new TensorShape(0, 5), empty.Tensors.Single().Tensor.Shape);
        Assert.Empty(NpzCheck.Bytes(empty.Tensors.Single().Tensor));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Three_versions_are_read(byte version)
    {
        using NpzFile file = NpzCheck.One(NpyWriter.Write("<i4", [], [1, 2, 0, 0], version: version));
        Assert.Equal(new TensorShape(), file.Tensors.Single().Tensor.Shape);
        Assert.Equal([1, 2, 0, 0], NpzCheck.Bytes(file.Tensors.Single().Tensor));
    }

    [Theory]
    [InlineData("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 1, )}")]
    [InlineData("{\"shape\":(2,1),\"descr\":\"<f2\",\"fortran_order\":False}")]
    [InlineData("  { 'fortran_order' : True , 'shape' : ( 2 , 1 ) , 'descr' : '<f2' , }   ")]
    public void Headers_may_be_spelled_as_Python_allows(string header)
    {
        using NpzFile file = NpzCheck.One(NpyWriter.WriteHeader(header, [1, 2, 3, 4]));
        LazyTensor tensor = file.Tensors.Single().Tensor;
        Assert.Equal(DType.F16, tensor.DType);
        Assert.Equal(new TensorShape(2, 1), tensor.Shape);
        Assert.Equal([1, 2, 3, 4], NpzCheck.Bytes(tensor));
    }

    [Fact]
    public void Names_may_hold_slashes_and_any_script()
    {
        byte[] member = NpyWriter.Write("|u1", [1], [7]);
        using NpzFile file = NpzCheck.Open(ZipWriter.Write(new ZipItem("model/层.npy", member), new ZipItem("a.npy.npy", member)));
        Assert.Equal(["a.npy", "model/层"], file.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Arrays_of_a_disposed_file_throw()
    {
        NpzFile file = NpzCheck.One(NpyWriter.Write("|u1", [1], [7]));
        LazyTensor tensor = file.Tensors.Single().Tensor;
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => NpzCheck.Bytes(tensor));
    }

    [Fact]
    public void Cancellation_ends_a_read()
    {
        using NpzFile file = NpzCheck.One(NpyWriter.Write("|u1", [1], [7]));
        Assert.Throws<OperationCanceledException>(() => file.Tensors[0].Tensor.CopyTo(new byte[1], new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Deflated_arrays_larger_than_a_chunk_are_whole()
    {
        byte[] data = new byte[(3 << 20) + 5];
        new Random(3).NextBytes(data.AsSpan(0, data.Length / 2));
        using NpzFile file = NpzCheck.One(NpyWriter.Write("|u1", [data.Length], data), deflated: true);
        Assert.Equal(data, NpzCheck.Bytes(file.Tensors.Single().Tensor));
    }
}
