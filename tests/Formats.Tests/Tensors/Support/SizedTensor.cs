using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Tensors.Support;

/// <summary>Claims any size; fails when it is read as a whole, and gives the low byte of each position when ranges are read.</summary>
internal sealed class SizedTensor(DType dtype, TensorShape shape, bool ranges) : LazyTensor(dtype, shape)
{
    public override bool SupportsRanges => ranges;

    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        Assert.InRange(offset, 0, ByteLength - destination.Length);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = (byte)(offset + i);
        }
    }

    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) =>
        Assert.Fail("Nobody should have got a buffer for this.");
}
