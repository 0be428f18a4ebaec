using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tests.Tensors.Support;

namespace Transfuse.Formats.Tests.Tensors;

public class TensorValuesTests
{
    [Theory]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    public void Reads_numbers_row_major(DType type)
    {
        MemoryTensor tensor = Values.Rounded(type, new TensorShape(2, 3), 1, 2, 3, -4, 0.5, -0.25);
        Assert.Equal([1f, 2, 3, -4, 0.5f, -0.25f], tensor.ToSingles());
        Assert.Equal([1d, -4, 2, 0.5, 3, -0.25], tensor.Transpose().ToDoubles());
    }

    [Theory]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    public void Widens_bytes_that_were_read(DType type)
    {
        MemoryTensor tensor = Values.Rounded(type, new TensorShape(2, 2), 1, 2, -4, 0.5);
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        double[] values = new double[4];
        TensorValues.ToDoubles(type, bytes, values);
        Assert.Equal([1, 2, -4, 0.5], values);
        Assert.Throws<ArgumentException>("source", () => TensorValues.ToDoubles(type, bytes, new double[3]));
        Assert.Throws<ArgumentException>("source", () => TensorValues.ToDoubles(DType.I16, new byte[8], new double[4]));
    }

    [Fact]
    public void Rounds_to_single_but_not_to_double()
    {
        MemoryTensor tensor = Values.Of(0.1, 1e300);
        Assert.Equal([0.1f, float.PositiveInfinity], tensor.ToSingles());
        Assert.Equal([0.1, 1e300], tensor.ToDoubles());
    }

    [Fact]
    public void Reads_no_integers_and_nothing_too_large()
    {
        Assert.Throws<ArgumentException>(() => LazyTensorOperations.Zeros(DType.I32, new TensorShape(2)).ToSingles());
        Assert.Throws<TensorTooLargeException>(() => LazyTensorOperations.Zeros(DType.F16, new TensorShape(1 << 30)).ToSingles());
        Assert.Throws<OperationCanceledException>(() => Values.Of(1f).ToDoubles(new CancellationToken(canceled: true)));
        Assert.Empty(LazyTensorOperations.Zeros(DType.F32, new TensorShape(0, 5)).ToDoubles());
    }
}
