using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Tests.Verification;

/// <summary>A float32 tensor that lies in a file, as it were, and notes what is read of it. Every element is small and depends on its place.</summary>
public sealed class WatchedTensor(TensorShape shape) : LazyTensor(DType.F32, shape)
{
    public override bool SupportsRanges => true;

    public long LargestRead { get; private set; }

    public long BytesRead { get; private set; }

    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        LargestRead = Math.Max(LargestRead, destination.Length);
        BytesRead += destination.Length;
        Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (((offset / 4) + i) % 17) / 32f;
        }
    }

    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) => ReadRange(0, destination, cancellationToken);
}
