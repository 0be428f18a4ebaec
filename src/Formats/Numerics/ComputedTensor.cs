using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>A float32 tensor whose elements a function computes, each time anew.</summary>
/// <param name="shape">The shape.</param>
/// <param name="compute">Fills all elements, row-major; what it is given is not cleared. Safe for concurrent use.</param>
internal sealed class ComputedTensor(TensorShape shape, ComputedTensor.Fill compute) : LazyTensor(DType.F32, shape)
{
    public delegate void Fill(Span<float> destination, CancellationToken cancellationToken);

    /// <inheritdoc />
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) =>
        compute(MemoryMarshal.Cast<byte, float>(destination), cancellationToken);
}
