using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tests.Tensors.Support;

namespace Transfuse.Formats.Tests.Tensors;

public class ReadingTests
{
    private static readonly PlainTensor Plain = PlainTensor.Random([64, 1000], 2, new Random(11));

    [Fact]
    public void Reads_only_the_rows_that_are_wanted()
    {
        CountingTensor source = Source(ranges: true);
        LazyTensor rows = source.Slice(0, 10, 3);
        Assert.True(rows.SupportsRanges);
        Read(rows);
        Assert.Equal(3 * 2000, source.BytesRead);
        Read(rows.Slice(0, 1, 1));
        Assert.Equal(4 * 2000, source.BytesRead);
        rows.ReadRange(5, new byte[7]);
        Assert.Equal((4 * 2000) + 7, source.BytesRead);
    }

    [Fact]
    public void Reads_only_the_ranges_that_are_wanted_of_a_concatenation()
    {
        CountingTensor first = Source(ranges: true);
        CountingTensor second = Source(ranges: true);
        LazyTensor both = LazyTensorOperations.Concat(0, first, second.Slice(0, 0, 10));
        Assert.True(both.SupportsRanges);
        both.ReadRange((64 * 2000) - 10, new byte[30]);
        Assert.Equal(10, first.BytesRead);
        Assert.Equal(20, second.BytesRead);
        Assert.True(LazyTensorOperations.Stack(first, second).SupportsRanges);
        Assert.False(LazyTensorOperations.Concat(1, first, second).SupportsRanges);
        Assert.False(LazyTensorOperations.Concat(0, first, Source(ranges: false)).SupportsRanges);
    }

    [Fact]
    public void Reads_a_source_without_ranges_once()
    {
        foreach (Func<LazyTensor, LazyTensor> operation in Operations)
        {
            CountingTensor source = Source(ranges: false);
            Read(operation(source));
            Assert.Equal(source.ByteLength, source.BytesRead);
        }
    }

    [Fact]
    public void Keeps_ranges_through_computations_on_single_elements()
    {
        foreach (Func<LazyTensor, LazyTensor> operation in Operations.TakeLast(4))
        {
            CountingTensor source = Source(ranges: true);
            LazyTensor computed = operation(source);
            Assert.True(computed.SupportsRanges);
            int width = computed.DType.BitSize() / 16;
            computed.ReadRange(2000 * width, new byte[2000 * width]);
            Assert.Equal(2000, source.BytesRead);
        }
    }

    [Theory]
    [InlineData(0, 700, 7)]
    [InlineData(90, 30, 1)]
    public void Reads_columns_of_a_large_file_in_pieces(int start, int count, int step)
    {
        // 1,500 rows of 5,000 two-byte elements are 15 MB: 14 whole pieces, and a part of one.
        byte[] bytes = new byte[15_000_000];
        new Random(3).NextBytes(bytes);
        var source = new CountingTensor(new MemoryTensor(DType.BF16, new TensorShape(1500, 5000), bytes), ranges: true);
        byte[] read = Read(source.Slice(1, start, count, step));
        byte[] expected =
            [.. Enumerable.Range(0, 1500).SelectMany(
                row =>
                    Enumerable.Range(0, count).SelectMany(
                        i => bytes[(((row * 5000) + start + (i * step)) * 2)..((((row * 5000) + start + (i * step)) * 2) + 2)]))];
        Assert.Equal(expected, read);
        Assert.InRange(source.LargestRead, 900_000, 1 << 20);
        Assert.Equal(15_000_000, source.BytesRead);
    }

    [Fact]
    public void Reads_from_several_threads_at_once()
    {
        LazyTensor[] tensors = [.. Operations.SelectMany(operation => new[] { operation(Source(ranges: true)), operation(Source(ranges: false)) })];
        byte[][] expected = [.. tensors.Select(Read)];
        Parallel.For(0, 4 * tensors.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.Equal(expected[i % tensors.Length], Read(tensors[i % tensors.Length])));
    }

    /// <summary>One of each kind of node; the last four work on single elements.</summary>
    internal static Func<LazyTensor, LazyTensor>[] Operations =>
    [
        tensor => tensor.Transpose(),
        tensor => tensor.Reshape(new TensorShape(4, 16, 1000)).Permute(0, 2, 1),
        tensor => tensor.Reshape(new TensorShape(1000, 64)),
        tensor => tensor.Slice(0, 3, 20),
        tensor => tensor.Slice(1, 3, 20, 2),
        tensor => tensor.Gather(0, [5, 3, 60]),
        tensor => LazyTensorOperations.Concat(1, LazyTensorOperations.Zeros(DType.BF16, new TensorShape(64, 3)), tensor),
        tensor => tensor.PadWithZeros(0, 70),
        tensor => LazyTensorOperations.BlockDiagonal(LazyTensorOperations.Zeros(DType.BF16, new TensorShape(1, 3)), tensor),
        tensor => tensor.Cast(DType.F32),
        tensor => tensor.Scale(3),
        tensor => tensor.ScaleRows(new float[64]),
        tensor => tensor.ScaleByPowerOfTwo(1),
    ];

    private static CountingTensor Source(bool ranges) => new(Plain.ToTensor(DType.BF16, ranges: true), ranges);

    private static byte[] Read(LazyTensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }
}
