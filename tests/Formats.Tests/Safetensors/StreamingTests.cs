using Transfuse.Formats.Files;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Safetensors;

/// <summary>How tensors of all sizes get into the file: in chunks, gathered, in parallel, and what happens when that fails.</summary>
public class StreamingTests
{
    private const int Chunk = 1 << 20;

    private static readonly int[] Sizes = [0, 1, 7, Chunk - 1, Chunk, Chunk + 1, (2 * Chunk) + 5, 0, 300_000, 300_000, 300_000, 300_000, 3];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    public void Writes_every_size_whole_or_in_ranges(int workers)
    {
        List<NamedTensor> tensors = [];
        List<byte> expected = [];
        for (int index = 0; index < Sizes.Length; index++)
        {
            var computed = new ComputedTensor(new TensorShape(Sizes[index]), index * 17);
            expected.AddRange(computed.Expected);
            tensors.Add(new($"t{index:00}", index % 2 == 0 ? computed : new MemoryTensor(DType.U8, computed.Shape, computed.Expected)));
        }

        using var sink = new MemoryByteSink();
        SafetensorsWriter.Write(sink, tensors, null, new SafetensorsWriterOptions { MaxDegreeOfParallelism = workers });
        Assert.True(sink.Complete().AsSpan(sink.Bytes.Length - expected.Count).SequenceEqual([.. expected]));
        using SafetensorsFile file = SafetensorsBytes.Open(sink.Bytes);
        Assert.Equal(Sizes.Length, file.Tensors.Length);
    }

    [Fact]
    public void Gathers_small_tensors_into_few_writes()
    {
        NamedTensor[] tensors = [.. Enumerable.Range(0, 1000).Select(index =>
            new NamedTensor($"t{index:000}", new ComputedTensor(new TensorShape(1000), index)))];
        using var sink = new MemoryByteSink();
        SafetensorsWriter.Write(sink, tensors, null);
        Assert.Equal(2, sink.Writes);
    }

    [Fact]
    public void Writes_a_tensor_under_two_names_twice()
    {
        var tensor = new ComputedTensor(new TensorShape(3), 5);
        using var sink = new MemoryByteSink();
        SafetensorsWriter.Write(sink, [new("a", tensor), new("b", tensor)], null);
        Assert.Equal([5, 6, 7, 5, 6, 7], sink.Complete()[^6..]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Throws_what_a_worker_throws_as_it_is(int workers)
    {
        NamedTensor[] tensors = [.. Enumerable.Range(0, 8).Select(index => new NamedTensor(
            $"t{index}", new ComputedTensor(new TensorShape(Chunk), 0, index == 5 ? () => throw new EndOfStreamException("t5") : null)))];
        using var sink = new MemoryByteSink();
        var options = new SafetensorsWriterOptions { MaxDegreeOfParallelism = workers };
        Assert.Equal("t5", Assert.Throws<EndOfStreamException>(() => SafetensorsWriter.Write(sink, tensors, null, options)).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Stops_soon_after_a_failure(int workers)
    {
        int produced = 0;
        NamedTensor[] tensors = [.. Enumerable.Range(0, 100).Select(index => new NamedTensor($"t{index:00}", new ComputedTensor(
            new TensorShape(Chunk), 0, () => Fail(Interlocked.Increment(ref produced)))))];
        using var sink = new MemoryByteSink();
        var options = new SafetensorsWriterOptions { MaxDegreeOfParallelism = workers };
        Assert.Throws<IOException>(() => SafetensorsWriter.Write(sink, tensors, null, options));
        Assert.InRange(produced, 3, 3 + workers);

        static void Fail(int number)
        {
            if (number >= 3)
            {
                throw new IOException("disk");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Cancelling_ends_between_tensors(int workers)
    {
        using var cancellation = new CancellationTokenSource();
        NamedTensor[] tensors = [.. Enumerable.Range(0, 100).Select(index => new NamedTensor(
            $"t{index:00}", new ComputedTensor(new TensorShape(1000), 0, cancellation.Cancel)))];
        using var sink = new MemoryByteSink();
        var options = new SafetensorsWriterOptions { MaxDegreeOfParallelism = workers };
        var cancelled = Assert.Throws<OperationCanceledException>(
            () => SafetensorsWriter.Write(sink, tensors, null, options, cancellation.Token));
        Assert.Equal(cancellation.Token, cancelled.CancellationToken);
    }

    [Fact]
    public void Cancelling_ends_between_chunks()
    {
        using var cancellation = new CancellationTokenSource();
        using var sink = new CancellingSink(cancellation, afterWrites: 3);
        var tensor = new MemoryTensor(DType.U8, new TensorShape(10 * Chunk), new byte[10 * Chunk]);
        Assert.Throws<OperationCanceledException>(() => SafetensorsWriter.Write(sink, [new("a", tensor)], null, null, cancellation.Token));
        Assert.Equal(3, sink.Writes);
    }

    [Fact]
    public void Nothing_is_written_when_cancelled_before()
    {
        using var sink = new MemoryByteSink();
        Assert.Throws<OperationCanceledException>(
            () => SafetensorsWriter.Write(sink, [], null, null, new CancellationToken(canceled: true)));
        Assert.Equal((0, 0), (sink.Bytes.Length, sink.Writes));
    }

    [Fact]
    public void Writes_the_length_and_the_header_before_the_first_tensor_is_read()
    {
        using var sink = new MemoryByteSink();
        (int Length, int Writes) seen = default;
        var tensor = new ComputedTensor(new TensorShape(8), 0, () => seen = (sink.Bytes.Length, sink.Writes));
        SafetensorsWriter.Write(sink, [new("a", tensor)], null);
        Assert.Equal((sink.Bytes.Length, 1), seen);
    }

    [Fact]
    public void Reads_a_large_tensor_only_in_chunks()
    {
        using var sink = new CancellingSink(null, int.MaxValue);
        var tensor = new RangeTensor((20L * Chunk) + 1);
        SafetensorsWriter.Write(sink, [new("a", tensor)], null);
        Assert.Equal((20L * Chunk) + 1, tensor.Read);
        Assert.Equal(Chunk, tensor.LargestRange);
        Assert.Equal(22, sink.Writes);
    }

    [Fact]
    public void At_least_one_worker() => Assert.Throws<ArgumentOutOfRangeException>(() => new SafetensorsWriterOptions { MaxDegreeOfParallelism = 0 });

    private sealed class CancellingSink(CancellationTokenSource? cancellation, int afterWrites) : IByteSink
    {
        public int Writes { get; private set; }

        public void SetLength(long length)
        {
        }

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            if (++Writes == afterWrites)
            {
                cancellation!.Cancel();
            }
        }

        public void Dispose()
        {
        }
    }

    /// <summary>A tensor that is far too large to be read as a whole.</summary>
    private sealed class RangeTensor(long length) : LazyTensor(DType.U8, new TensorShape(length))
    {
        public long Read { get; private set; }

        public int LargestRange { get; private set; }

        public override bool SupportsRanges => true;

        public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
        {
            Assert.Equal(Read, offset);
            Read += destination.Length;
            LargestRange = Math.Max(LargestRange, destination.Length);
        }

        protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("It was asked for as a whole.");
    }
}
