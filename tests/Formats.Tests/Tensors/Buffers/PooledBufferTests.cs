using System.Buffers;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tensors.Buffers;
using Transfuse.Formats.Tests.Tensors.Support;

namespace Transfuse.Formats.Tests.Tensors.Buffers;

public class PooledBufferTests
{
    private static readonly PlainTensor Plain = PlainTensor.Random([64, 1000], 2, new Random(12));

    [Fact]
    public void Rents_exactly_the_length_and_returns_once()
    {
        using var watch = new PoolWatch();
        PooledBuffer buffer = PooledBuffer.Rent(1000);
        Assert.Equal(1000, buffer.Span.Length);
        Assert.Equal((1, 1), (watch.Rented, watch.Outstanding));
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal((1, 0, 1), (watch.Rented, watch.Outstanding, watch.Returned));
    }

    [Fact]
    public void The_watch_sees_a_buffer_that_is_not_returned()
    {
        using var watch = new PoolWatch();
        byte[] leaked = ArrayPool<byte>.Shared.Rent(5000);
        Assert.Equal(1, watch.Outstanding);
        ArrayPool<byte>.Shared.Return(leaked);
        Assert.Equal(0, watch.Outstanding);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_node_returns_its_buffers_after_success(bool ranges)
    {
        foreach (LazyTensor tensor
            in ReadingTests.Operations.Select(operation => operation(new CountingTensor(Plain.ToTensor(DType.BF16, ranges: true), ranges))))
        {
            byte[] bytes = new byte[tensor.ByteLength];
            using var watch = new PoolWatch();
            tensor.CopyTo(bytes);
            Assert.Equal(0, watch.Outstanding);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_node_returns_its_buffers_when_its_source_fails(bool ranges)
    {
        int rented = 0;
        foreach (Func<LazyTensor, LazyTensor> operation in ReadingTests.Operations)
        {
            LazyTensor tensor = operation(new CountingTensor(Plain.ToTensor(DType.BF16, ranges: true), ranges) { FailAfter = 1 });
            byte[] bytes = new byte[tensor.ByteLength];
            using var watch = new PoolWatch();
            Assert.Throws<IOException>(() => tensor.CopyTo(bytes));
            Assert.Equal(0, watch.Outstanding);
            rented += watch.Rented;
        }

        Assert.True(rented >= 4, $"{rented} buffers were rented.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_node_returns_its_buffers_when_it_is_cancelled(bool ranges)
    {
        foreach (Func<LazyTensor, LazyTensor> operation in ReadingTests.Operations)
        {
            using var cancellation = new CancellationTokenSource();
            var source = new CountingTensor(Plain.ToTensor(DType.BF16, ranges: true), ranges) { FailAfter = 1, CancelInstead = cancellation };
            LazyTensor tensor = operation(source);
            byte[] bytes = new byte[tensor.ByteLength];
            using var watch = new PoolWatch();
            Assert.Throws<OperationCanceledException>(() => tensor.CopyTo(bytes, cancellation.Token));
            Assert.Equal(0, watch.Outstanding);
            Assert.Throws<OperationCanceledException>(() => tensor.CopyTo(bytes, cancellation.Token));
        }
    }

    [Fact]
    public void Probes_return_their_buffers_when_a_source_fails()
    {
        LazyTensor good = Plain.ToTensor(DType.BF16, ranges: true);
        foreach (bool ranges in new[] { true, false })
        {
            var bad = new CountingTensor(good, ranges) { FailAfter = 1 };
            using var watch = new PoolWatch();
            Assert.Throws<IOException>(() => TensorProbe.BytesEqual(good, bad));
            Assert.Throws<IOException>(() => TensorProbe.IsAllZero(bad));
            Assert.Throws<IOException>(() => TensorProbe.IsFinite(bad));
            Assert.Throws<IOException>(() => TensorProbe.ScalesExactly(bad, 1));
            Assert.True(watch.Rented >= 4);
            Assert.Equal(0, watch.Outstanding);
        }
    }

    [Fact]
    public void Computations_on_a_source_with_ranges_need_a_small_buffer_only()
    {
        var source = new SizedTensor(DType.BF16, new TensorShape(4096, 1024), ranges: true);
        byte[] bytes = new byte[source.ByteLength * 2];
        using var watch = new PoolWatch();
        source.Cast(DType.F32).CopyTo(bytes);
        Assert.InRange(watch.LargestRented, 1, TensorChunks.ChunkBytes);
        source.Transpose().CopyTo(bytes.AsSpan(0, bytes.Length / 2));
        source.Reshape(new TensorShape(64, 64, 1024)).Permute(0, 2, 1).CopyTo(bytes.AsSpan(0, bytes.Length / 2));
        Assert.InRange(watch.LargestRented, 1, 1 << 20);
    }

    [Fact]
    public void Refuses_to_hold_what_no_array_can_hold()
    {
        var huge = new SizedTensor(DType.BF16, new TensorShape(1 << 16, 1 << 16), ranges: false);
        TensorTooLargeException error = Assert.Throws<TensorTooLargeException>(() => huge.Slice(0, 3, 2).CopyTo(new byte[2 << 17]));
        Assert.Equal(1L << 33, error.ByteLength);
        Assert.Contains("8589934592", error.Message);
        Assert.Throws<TensorTooLargeException>(() => huge.Slice(1, 3, 2).CopyTo(new byte[2 << 17]));
        LazyTensor blocks = huge.Reshape(new TensorShape(1, 2, 1L << 31)).Permute(1, 0, 2).Reshape(new TensorShape(2, 1 << 15, 1 << 16)).Permute(1, 0, 2);
        Assert.Throws<TensorTooLargeException>(() => blocks.Slice(0, 0, 1).CopyTo(new byte[2 << 17]));
        Assert.Throws<TensorTooLargeException>(() => TensorProbe.IsFinite(huge));
        Assert.Throws<TensorTooLargeException>(() => huge.ToSingles());
    }

    [Fact]
    public void Reads_rows_beyond_what_an_array_can_hold()
    {
        var huge = new SizedTensor(DType.BF16, new TensorShape(1 << 16, 1 << 16), ranges: true);
        byte[] expected = [.. Enumerable.Range(0, 2 << 17).Select(i => (byte)i)];
        Assert.Equal(expected, TensorBytes.Read(huge.Slice(0, 65534, 2)));
        Assert.Equal(expected, TensorBytes.Read(huge.Gather(0, [65535, 3])));
        LazyTensor both = LazyTensorOperations.Concat(0, huge, huge.Cast(DType.F32).Cast(DType.BF16), huge);
        Assert.Equal(3L << 33, both.ByteLength);
        byte[] across = new byte[6];
        both.ReadRange((2L << 33) - 3, across);
        Assert.Equal([253, 254, 255, 0, 1, 2], across);
    }
}
