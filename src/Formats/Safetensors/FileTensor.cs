using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Safetensors;

/// <summary>A tensor that lies contiguously in an open file.</summary>
internal sealed class FileTensor(SafetensorsFile file, long position, DType dtype, TensorShape shape) : LazyTensor(dtype, shape)
{
    // Large enough that the calls cost nothing, small enough that cancelling does not wait.
    private const int ChunkLength = 16 << 20;

    /// <inheritdoc />
    public override bool SupportsRanges => true;

    /// <inheritdoc />
    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        // Beyond this tensor lie the bytes of another: never hand those out.
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, ByteLength - destination.Length);
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> chunk = destination[..Math.Min(destination.Length, ChunkLength)];
            file.Read(position + offset, chunk);
            destination = destination[chunk.Length..];
            offset += chunk.Length;
        }
        while (!destination.IsEmpty);
    }

    internal override bool TryView(out ReadOnlySpan<byte> bytes) => file.TryView(position, ByteLength, out bytes);

    /// <inheritdoc />
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) =>
        ReadRange(0, destination, cancellationToken);
}
