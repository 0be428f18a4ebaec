namespace Transfuse.Formats.Tensors;

/// <summary>A tensor whose bytes are in memory.</summary>
/// <example>
/// <code>
/// var tensor = new MemoryTensor(DType.F32, new TensorShape(2, 3), new byte[2 * 3 * sizeof(float)]);
/// </code>
/// </example>
public sealed class MemoryTensor : LazyTensor
{
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>Wraps bytes, which must not change afterwards.</summary>
    /// <exception cref="ArgumentException">The number of bytes does not fit type and shape.</exception>
    public MemoryTensor(DType dtype, TensorShape shape, ReadOnlyMemory<byte> bytes)
        : base(dtype, shape)
    {
        if (bytes.Length != ByteLength)
        {
            throw new ArgumentException($"{bytes.Length} bytes do not fit {dtype.SafetensorsName()} {shape}, which has {ByteLength}.", nameof(bytes));
        }

        _bytes = bytes;
    }

    /// <inheritdoc />
    public override bool SupportsRanges => true;

    /// <inheritdoc />
    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default) =>
        _bytes.Span.Slice(checked((int)offset), destination.Length).CopyTo(destination);

    /// <inheritdoc />
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) => _bytes.Span.CopyTo(destination);
}
