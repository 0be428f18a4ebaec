using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Safetensors;

/// <summary>Bytes that are computed as a whole: the seed plus the index.</summary>
internal sealed class ComputedTensor(TensorShape shape, int seed, Action? produced = null) : LazyTensor(DType.U8, shape)
{
    public byte[] Expected => [.. Enumerable.Range(0, (int)ByteLength).Select(index => (byte)((seed + index) % 251))];

    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken)
    {
        produced?.Invoke();
        for (int index = 0; index < destination.Length; index++)
        {
            destination[index] = (byte)((seed + index) % 251);
        }
    }
}
