using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Tensors;

public class LazyTensorTests
{
    [Fact]
    public void Refuses_sizes_beyond_64_bits()
    {
        Assert.Throws<OverflowException>(() => LazyTensorOperations.Zeros(DType.F64, new TensorShape(1L << 61)));
        Assert.Equal(1L << 62, LazyTensorOperations.Zeros(DType.F64, new TensorShape(1L << 59)).ByteLength);
        Assert.Equal(2, LazyTensorOperations.Zeros(DType.F4, new TensorShape(3)).ByteLength);
    }

    [Fact]
    public void Refuses_a_destination_of_another_length()
    {
        LazyTensor tensor = LazyTensorOperations.Zeros(DType.F16, new TensorShape(3));
        Assert.Contains("5 bytes; the tensor has 6", Assert.Throws<ArgumentException>(() => tensor.CopyTo(new byte[5])).Message);
        Assert.Throws<ArgumentException>(() => tensor.CopyTo(new byte[7]));
    }
}
